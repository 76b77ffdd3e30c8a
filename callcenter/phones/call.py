"""One call, whichever side began it: state, sound, hold, keys, transfer, the end."""

import asyncio
import contextlib
import secrets

from callcenter.phones import sdp
from callcenter.phones.dialog import Dialog
from callcenter.phones.digest import Credentials
from callcenter.phones.errors import CallGone, GarbledMessage, PhoneError, WaitTimedOut
from callcenter.phones.happenings import CallState, Happening, OnEvent, Side, What
from callcenter.phones.media import MediaStream
from callcenter.phones.sip_address import Address, sip_uri
from callcenter.phones.sip_message import Header, Request, Response
from callcenter.phones.stack import SipStack
from callcenter.phones.waiting import Changes

BYE_SECONDS = 5.0
PARTING_SECONDS = 1.0


class Call:
    """What both directions share. Public: state, timeline, code, ended_by, media, and the verbs."""

    def __init__(
        self,
        stack: SipStack,
        dialog: Dialog,
        peer: Address,
        *,
        state: CallState,
        credentials: Credentials | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        self.stack = stack
        self.dialog = dialog
        self.peer = peer
        self.state = state
        self.credentials = credentials
        self.media = MediaStream()
        self.timeline: list[Happening] = []
        self.code = 0
        self.ended_by: Side | None = None
        self.held = False
        self.changes = Changes()
        self._on_event = on_event
        self._began = asyncio.get_running_loop().time()
        self._media_address: Address = (stack.local[0], 0)
        self._version = 0
        self._acknowledged = -1
        self._handlers = {
            "INVITE": self._on_reinvite,
            "UPDATE": self._on_update,
            "BYE": self._on_bye,
            "NOTIFY": self._on_notify,
            "ACK": self._on_ack,
        }

    # waiting and telling

    async def wait_for(self, *states: CallState, timeout: float = 10.0) -> None:
        """Return when the call is in one of `states`. WaitTimedOut; CallGone when it ended instead."""
        wanted = " or ".join(states)
        await self.changes.until(
            lambda: self.state in states or self.state is CallState.ENDED, f"call {wanted}", timeout
        )
        if self.state not in states:
            raise CallGone(f"the call ended (code {self.code}) before it was {wanted}")

    def happened(self, what: What, detail: str = "") -> None:
        """Write a line into the timeline and tell whoever listens."""
        happening = Happening(asyncio.get_running_loop().time() - self._began, what, detail)
        self.timeline.append(happening)
        if self._on_event is not None:
            self._on_event(happening)
        self.changes.notify()

    def seconds_of(self, what: What) -> float | None:
        """When it first happened, in seconds since the call began."""
        return next((line.seconds for line in self.timeline if line.what is what), None)

    # verbs

    async def press(self, digits: str) -> None:
        """Press telephone keys (RFC 4733)."""
        self._must_be_up()
        self.happened(What.PRESSED, digits)
        await self.media.press(digits, timeout=5.0 + len(digits))

    async def hold(self) -> None:
        """Put the other side on hold. PhoneError when it refuses."""
        await self._renegotiate(sdp.Direction.SEND)
        self.held = True
        self.media.sending = False
        self.happened(What.HELD)

    async def resume(self) -> None:
        """Take the other side back from hold. PhoneError when it refuses."""
        await self._renegotiate(sdp.Direction.BOTH)
        self.held = False
        self.media.sending = True
        self.happened(What.RESUMED)

    async def transfer(self, number: str) -> int:
        """Blind transfer (REFER). Returns the SIP code; once accepted we hang up: Asterisk leaves that to us.

        Not at once: 202 says that the transfer is under way. A BYE that overtakes it ends the bridge, and with it
        the call of him who was to be transferred. Asterisk's NOTIFY comes only after our BYE, so we wait for time.
        """
        self._must_be_up()
        target = sip_uri(number, self.peer)
        headers = (("Refer-To", f"<{target}>"), ("Referred-By", self.dialog.local))
        response = await self._send("REFER", headers)
        if response.code < 300:
            self.happened(What.TRANSFERRED, str(response.code))
            with contextlib.suppress(WaitTimedOut):
                await self.changes.until(lambda: self.state is CallState.ENDED, "their BYE", PARTING_SECONDS)
            await self.hang_up()
        return response.code

    async def hang_up(self) -> None:
        """End the call, in whatever state it is."""
        if self.state is CallState.UP:
            self.end(Side.US)
            await asyncio.wait([self.stack.spawn(self._bye())], timeout=BYE_SECONDS)

    # what both directions need

    def end(self, by: Side, code: int = 0) -> None:
        """The call is over: remember who ended it, give the port back."""
        if self.state is CallState.ENDED:
            return
        self.code = code or self.code
        self.ended_by = by
        self.state = CallState.ENDED
        self.media.close()
        self.happened(What.ENDED, f"by {by}, code {self.code}")

    async def _open_media(self) -> None:
        self._media_address = await self.media.open(self.stack.local[0])

    def _describe(self, direction: sdp.Direction = sdp.Direction.BOTH, digits: int = sdp.DEFAULT_DIGITS) -> bytes:
        self._version += 1
        description = sdp.Description(address=self._media_address, digits=digits, direction=direction)
        return sdp.build(description, self._version)

    def _answer_offer(self, body: bytes) -> bytes:
        """Our description for theirs (an empty one asks us to offer). GarbledMessage when we share no codec."""
        wished = sdp.Direction.SEND if self.held else sdp.Direction.BOTH
        if not body:
            return self._describe(wished)
        offer = sdp.parse(body)
        if not offer.has_a_law:
            raise GarbledMessage("no G.711 A-law in the offer")
        self.media.connect(offer)
        return self._describe(sdp.answer_direction(offer.direction, wished), offer.digits)

    def _must_be_up(self) -> None:
        if self.state is not CallState.UP:
            raise CallGone(f"the call is {self.state}, not up")

    async def _send(self, method: str, headers: tuple[Header, ...] = (), body: bytes = b"") -> Response:
        return await self.stack.authorised(
            lambda extra: self.dialog.request(method, (*headers, *extra), body), self.peer, self.credentials
        )

    async def _renegotiate(self, direction: sdp.Direction) -> None:
        self._must_be_up()
        response = await self._send("INVITE", body=self._describe(direction))
        for _ in range(3):
            if response.code != 491:
                break
            await asyncio.sleep(0.1 + secrets.randbelow(400) / 1000)
            self._must_be_up()
            response = await self._send("INVITE", body=self._describe(direction))
        if response.code >= 300:
            raise PhoneError(f"the other side refused to change the call: {response.code}")
        self._acknowledge(response)
        self.media.connect(sdp.parse(response.body))

    def _acknowledge(self, response: Response) -> None:
        self.stack.send(self.dialog.request("ACK", cseq=response.cseq[0]), self.peer)

    def on_stray(self, response: Response) -> None:
        """A repeated 2xx means our ACK was lost."""
        if response.cseq[1] == "INVITE" and 200 <= response.code < 300:
            self._acknowledge(response)

    async def _bye(self) -> None:
        await self._send("BYE")

    def _send_ok(self, request: Request, peer: Address, body: bytes) -> None:
        """200 to an INVITE, said again until it is acknowledged (RFC 3261 §13.3.1.4)."""
        headers = (self.dialog.contact,)
        tag = self.dialog.local_tag
        wire = self.stack.respond(request, peer, 200, "OK", tag=tag, headers=headers, body=body)
        self.stack.spawn(self._repeat_until_acknowledged(wire, peer, request.cseq[0]))

    async def _repeat_until_acknowledged(self, wire: bytes, peer: Address, number: int) -> None:
        timers = self.stack.timers
        step, waited = timers.t1, 0.0
        while waited < timers.give_up:
            try:
                await self.changes.until(
                    lambda: self._acknowledged >= number or self.state is CallState.ENDED, "ACK", step
                )
            except WaitTimedOut:
                self.stack.send_raw(wire, peer)
                waited, step = waited + step, min(2 * step, timers.t2)
            else:
                return
        await self.hang_up()

    # what the other side asks

    def on_request(self, request: Request, peer: Address) -> None:
        """A request inside this call."""
        handler = self._handlers.get(request.method)
        if handler is not None:
            handler(request, peer)
        elif request.method in ("OPTIONS", "INFO"):
            self.reply(request, peer, 200, "OK")
        else:
            self.reply(request, peer, 501, "Not Implemented")

    def reply(self, request: Request, peer: Address, code: int, reason: str) -> None:
        """A short answer inside this call."""
        self.stack.respond(request, peer, code, reason, tag=self.dialog.local_tag, headers=(self.dialog.contact,))

    def _on_reinvite(self, request: Request, peer: Address) -> None:
        if self.state is not CallState.UP:
            self.reply(request, peer, 491, "Request Pending")
            return
        self.dialog.retarget(request)
        try:
            body = self._answer_offer(request.body)
        except GarbledMessage:
            self.reply(request, peer, 488, "Not Acceptable Here")
            return
        self._send_ok(request, peer, body)

    def _on_update(self, request: Request, peer: Address) -> None:
        self.dialog.retarget(request)
        body = self._answer_offer(request.body) if request.body else b""
        tag, headers = self.dialog.local_tag, (self.dialog.contact,)
        self.stack.respond(request, peer, 200, "OK", tag=tag, headers=headers, body=body)

    def _on_bye(self, request: Request, peer: Address) -> None:
        self.reply(request, peer, 200, "OK")
        self.end(Side.THEM)

    def _on_ack(self, request: Request, peer: Address) -> None:
        self._acknowledged = max(self._acknowledged, request.cseq[0])
        self.changes.notify()
        if request.body and self.state is CallState.UP:
            self.media.connect(sdp.parse(request.body))

    def _on_notify(self, request: Request, peer: Address) -> None:
        """`Event: talk` and `Event: hold` are how a service presses the buttons of a desk phone."""
        self.reply(request, peer, 200, "OK")
        event = request.get("Event").partition(";")[0].strip().lower()
        if event == "talk":
            self._asked_to_talk()
        elif event == "hold" and self.state is CallState.UP and not self.held:
            self.stack.spawn(self.hold())

    def _asked_to_talk(self) -> None:
        if self.state is CallState.UP and self.held:
            self.stack.spawn(self.resume())
