"""A call we get: ring, answer, refuse; the caller may give up first."""

from callcenter.phones.call import Call
from callcenter.phones.dialog import Dialog
from callcenter.phones.digest import Credentials
from callcenter.phones.errors import CallGone, GarbledMessage
from callcenter.phones.happenings import CallState, OnEvent, Side, What
from callcenter.phones.sip_address import Address, NameAddress, parse_name_address, user_of
from callcenter.phones.sip_message import Request
from callcenter.phones.stack import SipStack


class IncomingCall(Call):
    """Handed out by Softphone.next_call() or its `on_call`. `called` and `caller` tell who is meant and who calls."""

    def __init__(
        self,
        stack: SipStack,
        invite: Request,
        peer: Address,
        *,
        user: str,
        credentials: Credentials | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        dialog = Dialog.of_invite(stack, invite, user)
        super().__init__(stack, dialog, peer, state=CallState.INCOMING, credentials=credentials, on_event=on_event)
        self.invite = invite
        self.called = user_of(invite.uri)
        self.caller: NameAddress = parse_name_address(invite.get("From"))
        self._answering = False
        self._handlers["CANCEL"] = self._on_cancel

    def ring(self) -> None:
        """Tell the caller that it rings here."""
        self._must_be_unanswered()
        self.reply(self.invite, self.peer, 180, "Ringing")
        self.state = CallState.RINGING
        self.happened(What.RINGING, "180")

    async def answer(self) -> None:
        """Take the call. CallGone when it is over or taken already."""
        self._must_be_unanswered()
        self._answering = True
        await self._open_media()
        if self.state is CallState.ENDED:
            self.media.close()
            raise CallGone("the caller gave up")
        try:
            body = self._answer_offer(self.invite.body)
        except GarbledMessage:
            self._refuse(488, "Not Acceptable Here", Side.US)
            raise
        self.code = 200
        self.state = CallState.UP
        self.happened(What.ANSWERED, "200")
        self._send_ok(self.invite, self.peer, body)

    @property
    def is_acknowledged(self) -> bool:
        """Whether the other side knows that we took the call; before that nobody can be heard."""
        return self._acknowledged >= self.invite.cseq[0]

    def reject(self, code: int = 486, reason: str = "Busy Here") -> None:
        """Refuse the call."""
        self._must_be_unanswered()
        self._refuse(code, reason, Side.US)

    async def hang_up(self) -> None:
        """Refuse while it rings, BYE when it is up."""
        if self.state in (CallState.INCOMING, CallState.RINGING):
            self._refuse(603, "Decline", Side.US)
        await super().hang_up()

    def _refuse(self, code: int, reason: str, by: Side) -> None:
        self.reply(self.invite, self.peer, code, reason)
        self.end(by, code)

    def _must_be_unanswered(self) -> None:
        if self._answering or self.state not in (CallState.INCOMING, CallState.RINGING):
            raise CallGone(f"the call is {self.state}, not waiting for an answer")

    def _on_cancel(self, request: Request, peer: Address) -> None:
        self.reply(request, peer, 200, "OK")
        if self.state in (CallState.INCOMING, CallState.RINGING):
            self._refuse(487, "Request Terminated", Side.THEM)

    def _asked_to_talk(self) -> None:
        if self.state in (CallState.INCOMING, CallState.RINGING) and not self._answering:
            self.stack.spawn(self.answer())
        else:
            super()._asked_to_talk()
