"""One signed-in AMI link: the only import of panoramisk, with its faults cured from outside (telephony.md §2).

- One Manager per link, so that nothing is ever sent again after a reconnect and no action is left pending.
- Bytes are split into messages before they are decoded: a character cut by a read stays whole.
- One plain callback that cannot raise; a time limit on every answer; pings whose answers are checked.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message as AmiMessage

from callcenter.foundation import logs
from callcenter.telephony.ami_encoding import Value, checked

Message = Mapping[str, str | list[str]]
OnMessage = Callable[[Message], None]
OnPong = Callable[[float, float, Message], None]
"""`time.monotonic` when a ping was sent and when its answer came, and the answer."""

MOST_MESSAGE_BYTES = 1 << 20
MOST_ROWS = 20_000
"""Of one listing; a PBX that shows more lines or members than this is none of ours."""
ANSWER_SECONDS = 5.0
PING_SECONDS = 1.0
PING_ANSWER_SECONDS = 2.0
"""Together: how long a link that is dead at its far end may pass for live."""
BUSY_SECONDS = 30.0
"""As long as bytes come, an answer may be late: it stands behind what the PBX said before, and we may be behind."""
_END = b"\r\n\r\n"
READING = frozenset({"Login", "Ping", "Getvar", "CoreShowChannels", "QueueStatus", "DeviceStateList", "UserEvent"})
"""Actions that change nothing; all others need `may_act`. (UserEvent is our fence.)"""
_SOUND = re.compile(rb"(?:(?:[ -9;-~]{1,100}+:[^\r\n]*+)?+(?:\r\n|\Z))*+")
_NAMING = ("event", "response", "actionid", "commandid", "message", "subevent")


def _unheard() -> None:
    """Nobody wants to know."""


def _is_sound(raw: bytes) -> bool:
    """Whether each line is a header. Nothing that a caller can send breaks a line: else bytes were lost or added."""
    return _SOUND.fullmatch(raw) is not None


def _nobody(sent: float, received: float, answer: Message) -> None:
    """Nobody wants to know."""


class AmiUnavailable(Exception):
    """The link cannot be made, was refused, or is gone."""


class AmiOutcomeUnknown(Exception):
    """No answer in time: the action may have had its effect."""


@dataclass(frozen=True, slots=True)
class AmiAddress:
    host: str
    port: int
    user: str
    secret: str = field(repr=False)


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk annotates nothing
    version: Any

    def __init__(self, link: "_Link") -> None:
        super().__init__()
        self._owner = link

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.factory = self._owner  # bytes, or the end, may come before the link knows of us
        self._bytes = bytearray()

    def data_received(self, data: bytes) -> None:
        self._owner.heard_at = time.monotonic()
        if self.version is None:  # the greeting is a line of its own
            greeting, found, data = bytes(self._bytes + data).partition(b"\r\n")
            self._bytes.clear()
            if not found:
                self._bytes += greeting[:200]
                return
            self.version = greeting.decode("ascii", "replace")
        self._bytes += data
        *messages, rest = bytes(self._bytes).split(_END) if _END in self._bytes else [bytes(self._bytes)]
        if len(rest) > MOST_MESSAGE_BYTES:
            self.transport.abort()
            return
        self._bytes = bytearray(rest)
        for raw in messages:
            if not _is_sound(raw):
                self._owner.on_garbage()
            message = AmiMessage.from_line(raw.decode("utf-8", "replace").strip())
            if message is not None:
                self.handle_message(message)

    def handle_message(self, message: Any) -> None:
        # A naming header that came twice is a list, over which panoramisk would fall.
        if not all(isinstance(message.get(name, ""), str) for name in _NAMING):
            self._owner.log_ours.warning("ami_message_unusable")
            return
        # panoramisk takes a Shutdown event for the end of the link; the link's own end is enough.
        if "event" in message and message["event"] == "Shutdown":
            self.factory.dispatch(message)
        else:
            super().handle_message(message)


class _Listing(Action):  # type: ignore[misc]
    """A listing that is refused is answered at once, instead of waiting for rows that never come."""

    @property
    def multi(self) -> bool:
        return bool(self.responses[0].response == "Success")

    def add_message(self, message: Any) -> Any:
        if len(self.responses) <= MOST_ROWS:
            return super().add_message(message)
        if not self.future.done():
            self.future.set_exception(AmiUnavailable("a listing without end"))
        return True  # no more of it is kept


class _Link(Manager):  # type: ignore[misc]
    """A Manager that ends with its connection instead of reconnecting."""

    def __init__(self, on_message: OnMessage, on_garbage: Callable[[], None] = _unheard, **config: Any) -> None:
        super().__init__(**config)
        self.on_garbage = on_garbage
        self.lost = asyncio.Event()
        self.heard_at = 0.0
        self._on_message = on_message
        self.log_ours = logs.get("ami")

    def dispatch(self, event: Any) -> list[str]:
        try:
            self._on_message(event)
        except Exception:
            # An exception here would close the connection and lose all events until the next one.
            self.log_ours.exception("ami_callback_failed")
        return []

    def connection_lost(self, exc: Any) -> None:
        self.lost.set()

    def ping(self) -> None:
        """Pings are ours (AmiClient), since panoramisk never checks their answers."""


class AmiClient:
    """A live link. `lost` is set when it ends, for whatever reason; make a new client to go on.

    `may_act` is asked before each action that changes something: a process that may have lost the PBX to another one
    still listens, but commands nothing.
    """

    def __init__(
        self,
        address: AmiAddress,
        on_message: OnMessage,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        ping_seconds: float = PING_SECONDS,
        on_pong: OnPong = _nobody,
        on_garbage: Callable[[], None] = _unheard,
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        self._address = address
        self._may_act = may_act
        self._on_message = on_message
        self._answer_seconds = answer_seconds
        self._ping_seconds = ping_seconds
        self._on_pong, self._on_garbage = on_pong, on_garbage
        self._link: _Link | None = None
        self._pinger: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect and sign in. `AmiUnavailable` if either fails within a few seconds. Cancelled, nothing is left."""
        loop = asyncio.get_running_loop()
        link = _Link(
            self._on_message,
            self._on_garbage,
            host=self._address.host,
            port=self._address.port,
            loop=loop,
            encoding="utf8",
        )
        try:
            async with asyncio.timeout(self._answer_seconds):
                made = await loop.create_connection(lambda: _Protocol(link), self._address.host, self._address.port)
        except (OSError, TimeoutError) as error:
            raise AmiUnavailable(str(error) or "time limit") from error
        done: asyncio.Future[Any] = loop.create_future()
        done.set_result(made)
        link.connection_made(done)  # no username in the config: we sign in below and look at the answer
        self._link = link
        try:
            answer = await self._sign_in()
        except BaseException:
            self.close()
            raise
        if answer.get("Response") != "Success":
            self.close()
            raise AmiUnavailable("sign-in refused")
        self._pinger = asyncio.create_task(self._ping())

    async def _sign_in(self) -> Message:
        login = {"Username": self._address.user, "Secret": self._address.secret, "Events": "on"}
        try:
            return await self.send("Login", login)
        except AmiOutcomeUnknown as error:
            raise AmiUnavailable("no answer to the sign-in") from error

    @property
    def is_up(self) -> bool:
        return self._link is not None and not self._link.lost.is_set()

    async def wait_lost(self) -> None:
        if self._link is not None:
            await self._link.lost.wait()

    def close(self) -> None:
        if self._pinger is not None:
            self._pinger.cancel()
        if self._link is not None:
            self._link.close()
            self._link.lost.set()

    async def ping(self) -> Message:
        """The PBX is asked whether it is there, and what time it has. Raises as `send`."""
        sent = time.monotonic()
        async with asyncio.timeout(min(PING_ANSWER_SECONDS, self._answer_seconds)):
            answer = await self.send("Ping")
        self._on_pong(sent, time.monotonic(), answer)
        return answer

    async def send(self, action: str, headers: Mapping[str, Value] | None = None) -> Message:
        """One action, its one answer. `AmiUnavailable` without a link, `AmiOutcomeUnknown` without an answer."""
        return cast(Message, await self._exchange(action, headers or {}, as_list=False))

    async def ask_list(self, action: str, headers: Mapping[str, Value] | None = None) -> list[Message]:
        """A listing action: its event rows, without the first answer and the closing event. Raises as `send`."""
        rows = await self._exchange(action, headers or {}, as_list=True)
        if not isinstance(rows, list):
            raise AmiUnavailable(f"{action} refused: {rows.get('Message', '')}")
        return [row for row in rows if "Event" in row and not str(row["Event"]).endswith("Complete")]

    async def _exchange(self, action: str, headers: Mapping[str, Value], *, as_list: bool) -> Any:
        link = self._link
        if link is None or link.lost.is_set():
            raise AmiUnavailable("no link")
        if action not in READING and not self._may_act():
            raise AmiUnavailable("another process may own the PBX by now")
        said = (_Listing if as_list else Action)(checked(action, headers))
        future = link.send_action(said, as_list=as_list)
        gone = asyncio.ensure_future(link.lost.wait())
        try:
            await asyncio.wait({future, gone}, timeout=self._answer_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        if not future.done():
            future.cancel()
            link.protocol.responses.pop(said.id, None)  # what still comes of it is nobody's, and must not pile up
            raise AmiOutcomeUnknown(action)
        return future.result()

    async def _ping(self) -> None:
        answered = time.monotonic()
        while True:
            await asyncio.sleep(self._ping_seconds)
            asked = time.monotonic()
            try:
                await self.ping()
                answered = time.monotonic()
            except (AmiOutcomeUnknown, AmiUnavailable, TimeoutError):
                if self._is_silent_since(asked) or time.monotonic() - answered > BUSY_SECONDS:
                    self.close()
                    return

    def _is_silent_since(self, moment: float) -> bool:
        return self._link is None or self._link.lost.is_set() or self._link.heard_at < moment
