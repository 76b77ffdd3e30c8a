"""What a flow is given: the caller's line, the backend, and where calls go."""

from dataclasses import dataclass
from typing import Protocol

from ivr.line import Line


class CallerDirectory(Protocol):
    """Who calls? Answers at once or not at all."""

    def is_known(self, number: str) -> bool | None:
        """Whether the backend knows a household by this number; None when it cannot be asked."""


@dataclass(frozen=True)
class Journey:
    """`queue` is the dialplan's name of the queue a person is reached by."""

    line: Line
    callers: CallerDirectory
    queue: str
