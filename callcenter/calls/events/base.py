"""What every event has; see the package's text."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LineEvent:
    """Base of everything that comes from a PBX."""

    pbx: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OnLine(LineEvent):
    """Base of what happens on one line."""

    uniqueid: str
    linkedid: str
    channel: str
