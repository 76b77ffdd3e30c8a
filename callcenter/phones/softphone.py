"""A telephone: an account, one SIP socket, any number of calls."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

from callcenter.phones.call import Call
from callcenter.phones.dialog import Dialog
from callcenter.phones.digest import Credentials
from callcenter.phones.errors import PhoneError
from callcenter.phones.happenings import CallState, Happening, OnEvent, What
from callcenter.phones.incoming_call import IncomingCall
from callcenter.phones.outgoing_call import OutgoingCall
from callcenter.phones.registration import Registration
from callcenter.phones.sip_address import Address, name_address, sip_uri
from callcenter.phones.sip_message import Header, Request, Response
from callcenter.phones.stack import SipStack, token
from callcenter.phones.transactions import Timers
from callcenter.phones.waiting import Changes

MAX_CALLS = 64
CLOSE_SECONDS = 3.0


class Softphone:
    """`async with Softphone("1001", server, password=…) as phone:`; see the verbs below.

    user: the account or the caller's number; name: display name, any text; server: where requests go.
    on_call: called with each incoming call; without it calls wait for next_call().
    """

    def __init__(
        self,
        user: str,
        server: Address,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        name: str = "",
        password: str | None = None,
        timers: Timers | None = None,
        on_call: Callable[[IncomingCall], None] | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        self.user = user
        self.name = name
        self.server = server
        self.stack = SipStack(timers)
        self.calls: dict[str, Call] = {}
        self.registered_code = 0
        self._host, self._port = host, port
        self._credentials = Credentials(user, password) if password is not None else None
        self._on_call = on_call
        self._on_event = on_event
        self._waiting: list[IncomingCall] = []
        self._changes = Changes()
        self._registration: Registration | None = None
        self._began = 0.0

    @property
    def address(self) -> Address:
        """Where this phone listens."""
        return self.stack.local

    async def open(self) -> Self:
        """Bind the socket. OSError when the port is taken."""
        self._began = asyncio.get_running_loop().time()
        self.stack.on_request = self._on_request
        self.stack.on_stray = self._on_stray
        await self.stack.open(self._host, self._port)
        return self

    async def close(self) -> None:
        """Hang up, unregister, give the port back; at most a few seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*(call.hang_up() for call in list(self.calls.values())))
                if self._registration is not None:
                    await self._registration.unregister()
        for call in self.calls.values():
            call.media.close()
        await self.stack.close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def register(self, expires: int = 300) -> None:
        """Register and stay so. PhoneError with the SIP code when refused."""
        if self._registration is None:
            self._registration = Registration(
                self.stack, self.server, self.user, self._credentials, self._on_registered
            )
        code = await self._registration.register(expires)
        if code != 200:
            raise PhoneError(f"registration refused: {code}")

    async def unregister(self) -> None:
        """Take the registration back."""
        if self._registration is not None:
            await self._registration.unregister()

    def dial(
        self,
        number: str,
        *,
        headers: tuple[Header, ...] = (),
        raw: bytes = b"",
        on_event: OnEvent | None = None,
    ) -> OutgoingCall:
        """Begin a call and return at once. UnsafeText when a name or number holds control characters.

        raw: bytes put into the INVITE's head as they are; for tests of hostile input only.
        """
        target = sip_uri(number, self.server)
        local = name_address(self.name, sip_uri(self.user, self.stack.local))
        dialog = Dialog(self.stack, token(), self.user, local, f"<{target}>", target)
        call = OutgoingCall(
            self.stack,
            dialog,
            self.server,
            state=CallState.DIALLING,
            credentials=self._credentials,
            on_event=on_event or self._on_event,
        )
        self._keep(call)
        call.start(headers, raw)
        return call

    async def next_call(self, timeout: float = 10.0) -> IncomingCall:
        """The next incoming call. It is not rung or answered yet. WaitTimedOut."""
        await self._changes.until(lambda: bool(self._waiting), "incoming call", timeout)
        return self._waiting.pop(0)

    def _keep(self, call: Call) -> None:
        over = [key for key, old in self.calls.items() if old.state is CallState.ENDED]
        for key in over[:-MAX_CALLS]:
            del self.calls[key]
        self.calls[call.dialog.call_id] = call

    def _on_registered(self, code: int) -> None:
        self.registered_code = code
        what = What.REGISTERED if code == 200 else What.NOT_REGISTERED
        if self._on_event is not None:
            seconds = asyncio.get_running_loop().time() - self._began
            self._on_event(Happening(seconds, what, str(code) if code else ""))

    def _on_stray(self, response: Response) -> None:
        call = self.calls.get(response.call_id)
        if call is not None:
            call.on_stray(response)

    def _on_request(self, request: Request, peer: Address) -> None:
        call = self.calls.get(request.call_id)
        if call is not None and call.dialog.owns(request):
            self._inside(call, request, peer)
        elif request.method == "INVITE":
            self._on_invite(request, peer)
        elif request.method in ("OPTIONS", "NOTIFY"):
            self.stack.respond(request, peer, 200, "OK", tag=token())
        elif request.method != "ACK":
            self.stack.respond(request, peer, 481, "Call/Transaction Does Not Exist", tag=token())

    def _inside(self, call: Call, request: Request, peer: Address) -> None:
        if call.state is CallState.ENDED and request.method not in ("ACK", "CANCEL"):
            call.reply(request, peer, 481, "Call/Transaction Does Not Exist")
        else:
            call.on_request(request, peer)

    def _on_invite(self, invite: Request, peer: Address) -> None:
        alive = sum(call.state is not CallState.ENDED for call in self.calls.values())
        if alive >= MAX_CALLS:
            self.stack.respond(invite, peer, 486, "Busy Here", tag=token())
            return
        call = IncomingCall(
            self.stack, invite, peer, user=self.user, credentials=self._credentials, on_event=self._on_event
        )
        self.stack.respond(invite, peer, 100, "Trying")
        self._keep(call)
        call.happened(What.CALLED)
        if self._on_call is not None:
            self._on_call(call)
        else:
            self._waiting.append(call)
            self._changes.notify()
