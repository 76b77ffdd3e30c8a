"""What happens to one line, from its birth to its end."""

from dataclasses import dataclass

from callcenter.calls.events.base import OnLine


@dataclass(frozen=True, slots=True)
class LineAppeared(OnLine):
    """A line exists. `incoming`: it called the PBX; otherwise the PBX called it."""

    incoming: bool
    caller_number: str
    caller_name: str
    dialled: str
    context: str


@dataclass(frozen=True, slots=True)
class LineAnswered(OnLine):
    """The line is up. `number` is the caller id it shows now, `dialled` its extension now."""

    number: str
    dialled: str


@dataclass(frozen=True, slots=True)
class HangupAsked(OnLine):
    """Somebody wants the line to end. `by_pbx`: the PBX itself or a command of ours; otherwise the far end."""

    by_pbx: bool
    cause: int


@dataclass(frozen=True, slots=True)
class LineEnded(OnLine):
    """The line is gone. `cause` as in Q.850 (16 normal, 17 busy, 19 no answer, 21 rejected; 0 unknown)."""

    cause: int


@dataclass(frozen=True, slots=True)
class LineHeld(OnLine):
    """This line's device put the others on hold."""


@dataclass(frozen=True, slots=True)
class LineResumed(OnLine):
    """This line's device took the others back from hold."""


@dataclass(frozen=True, slots=True)
class LinesFused(OnLine):
    """A pair of Local halves is being taken out: this line takes the place of half one."""

    half_one: str
    half_two: str
