"""Found by comparing with the PBX (recovery), never sent by it."""

from dataclasses import dataclass
from datetime import datetime

from callcenter.calls.events.base import OnLine


@dataclass(frozen=True, slots=True)
class LineFound(OnLine):
    """A live line that we did not know, or knew otherwise. `since` = its birth, `bridge` empty if in none.

    `settles`: the last one of its call in that list; only then is it known who hears whom.
    """

    since: datetime
    state: int
    incoming: bool
    caller_number: str
    caller_name: str
    dialled: str
    bridge: str
    settles: bool = True


@dataclass(frozen=True, slots=True)
class WaitFound(OnLine):
    """A caller whom the PBX reports as waiting since `since`."""

    queue: str
    position: int
    since: datetime
    caller_number: str


@dataclass(frozen=True, slots=True)
class WaitVanished(OnLine):
    """A caller whom we thought waiting in this queue waits there no more; `at` is when we noticed."""

    queue: str


@dataclass(frozen=True, slots=True)
class LineVanished(OnLine):
    """A line that we thought live is gone; `at` is when we noticed (`estimated`) or when it really ended."""

    estimated: bool
