"""What happens in a call, as a line of time. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class CallState(StrEnum):
    """Outgoing: dialling → early → up → ended. Incoming: incoming → ringing → up → ended."""

    DIALLING = "dialling"
    EARLY = "early"
    INCOMING = "incoming"
    RINGING = "ringing"
    UP = "up"
    ENDED = "ended"


class Side(StrEnum):
    US = "us"
    THEM = "them"


class What(StrEnum):
    DIALLED = "dialled"
    CALLED = "called"
    RINGING = "ringing"
    ANSWERED = "answered"
    PRESSED = "pressed"
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    ENDED = "ended"
    REGISTERED = "registered"
    NOT_REGISTERED = "not registered"


@dataclass(frozen=True)
class Happening:
    """`seconds` since the call (or the phone) began; `detail` in words, e.g. the SIP code or the keys."""

    seconds: float
    what: What
    detail: str = ""


OnEvent = Callable[[Happening], None]
