"""What the caller does in the menus, and what the dialplan does outside the queues."""

from dataclasses import dataclass

from callcenter.calls.events.base import OnLine


@dataclass(frozen=True, slots=True)
class IvrKeyPressed(OnLine):
    """One step in the menus: a digit, `timeout`, or `invalid:<digit>`."""

    node: str
    key: str


@dataclass(frozen=True, slots=True)
class DigitHeard(OnLine):
    """A key was pressed on the line; which one is nobody's business here."""


@dataclass(frozen=True, slots=True)
class CallbackAsked(OnLine):
    """The caller asked in the menus to be called back (UserEvent CallbackRequested)."""

    queue: str


@dataclass(frozen=True, slots=True)
class VoicemailRecorded(OnLine):
    """The caller left a message (UserEvent VoicemailLeft)."""


@dataclass(frozen=True, slots=True)
class DutyPhoneCalled(OnLine):
    """The dialplan is about to ring the queue's duty phone for this caller: the line it calls next is one of ours."""

    queue: str
