"""A call we make: INVITE, ringing, answer or refusal, CANCEL."""

import asyncio

from callcenter.phones import sdp
from callcenter.phones.call import Call
from callcenter.phones.errors import GarbledMessage, WaitTimedOut
from callcenter.phones.happenings import CallState, Side, What
from callcenter.phones.sip_message import Header, Request, Response
from callcenter.phones.transactions import ClientTransaction


class OutgoingCall(Call):
    """Made by Softphone.dial()."""

    _invite: Request | None = None
    _progressed = False
    _cancelled = False
    _running: asyncio.Task[None] | None = None

    def start(self, headers: tuple[Header, ...] = (), raw: bytes = b"") -> None:
        """Send the INVITE in the background; `raw` goes into its head untouched (tests only)."""
        self.happened(What.DIALLED)
        self._running = self.stack.spawn(self._run(headers, raw))

    async def hang_up(self) -> None:
        """CANCEL while it rings (and wait until that is settled), BYE when it is up."""
        if self.state in (CallState.DIALLING, CallState.EARLY):
            self._cancelled = True
            if self._progressed:
                self.stack.spawn(self._cancel())
            await self._wait_until_settled()
        await super().hang_up()

    async def _wait_until_settled(self) -> None:
        try:
            await self.changes.until(
                lambda: self.state is CallState.ENDED, "cancelled call over", self.stack.timers.give_up
            )
        except WaitTimedOut:
            if self._running is not None:
                self._running.cancel()
            self.end(Side.US, 487)

    async def _run(self, headers: tuple[Header, ...], raw: bytes) -> None:
        await self._open_media()
        response = await self._send_invite(headers, raw).final(self._on_provisional)
        assert self._invite is not None
        header = self.stack.answer_challenge(self._invite, response, self.credentials)
        if header is not None and not self._cancelled:
            self.dialog.remote_tag = ""
            response = await self._send_invite((*headers, header), raw).final(self._on_provisional)
        if response.code < 300:
            self._answered(response)
        else:
            self.end(Side.US if self._cancelled else Side.THEM, response.code)

    def _send_invite(self, headers: tuple[Header, ...], raw: bytes) -> ClientTransaction:
        self._invite = self.dialog.request("INVITE", headers, self._describe())
        return self.stack.transact(self._invite, self.peer, raw)

    async def _cancel(self) -> None:
        assert self._invite is not None
        await self.stack.transact(self.dialog.cancel(self._invite), self.peer).final()

    def _on_provisional(self, response: Response) -> None:
        if self._cancelled and not self._progressed:
            self.stack.spawn(self._cancel())
        self._progressed = True
        if response.code == 100 or self.state not in (CallState.DIALLING, CallState.EARLY):
            return
        self.dialog.learn(response)
        if response.body:
            self._hear_early(response.body)
        if self.state is CallState.DIALLING:
            self.state = CallState.EARLY
            self.happened(What.RINGING, str(response.code))

    def _hear_early(self, body: bytes) -> None:
        try:
            self.media.connect(sdp.parse(body))
        except GarbledMessage:
            return

    def _answered(self, response: Response) -> None:
        self.dialog.learn(response)
        self._acknowledge(response)
        self.code = response.code
        self.state = CallState.UP
        try:
            self.media.connect(sdp.parse(response.body))
        except GarbledMessage:
            self._cancelled = True
        self.happened(What.ANSWERED, str(response.code))
        if self._cancelled:
            self.stack.spawn(super().hang_up())
