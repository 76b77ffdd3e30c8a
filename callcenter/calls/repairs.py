"""What a comparison with the PBX had to mend, by kind. Pure.

One journey is one repair, named after the most that was wrong with it, so that their number can be set against the
number of calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from callcenter.calls import facts as f

if TYPE_CHECKING:
    from callcenter.calls.switchboard import Change


class RepairKind(StrEnum):
    JOURNEY_ADOPTED = "journey_adopted"
    """A call that we did not know."""
    JOURNEY_ENDED = "journey_ended"
    """A call that was over; its end is a guess."""
    LEG_CLOSED = "leg_closed"
    LEG_OPENED = "leg_opened"
    VISIT_CLOSED = "queue_visit_closed"
    VISIT_OPENED = "queue_visit_opened"
    RING_CLOSED = "ring_closed"
    RING_OPENED = "ring_opened"
    JOURNEY_CORRECTED = "journey_corrected"
    """Anything else about a call."""
    FROM_CEL = "from_cel"
    """A call told by the PBX's CEL file, with its true times."""
    FROM_QUEUE_LOG = "from_queue_log"
    """A call of which only, or better, the PBX's queue_log told."""
    MEMBER = "member_corrected"
    """A queue had not the members that we want."""
    PAUSE = "pause_corrected"
    PRESENCE = "presence_corrected"
    """An agent was shown in a call that the PBX does not have."""
    DEVICE = "device_corrected"
    """A telephone was shown as registered and was not, or the reverse."""


@dataclass(frozen=True, slots=True)
class Repair:
    """`linkedid`: the journey's; else `subject`: an agent's number, or a queue and its member."""

    kind: RepairKind
    linkedid: str = ""
    subject: str = ""


_BY_FACT = {
    f.JourneyStarted: RepairKind.JOURNEY_ADOPTED,
    f.JourneyEnded: RepairKind.JOURNEY_ENDED,
    f.AgentLegEnded: RepairKind.LEG_CLOSED,
    f.AgentLegStarted: RepairKind.LEG_OPENED,
    f.QueueVisitEnded: RepairKind.VISIT_CLOSED,
    f.CallerQueued: RepairKind.VISIT_OPENED,
    f.RingEnded: RepairKind.RING_CLOSED,
    f.AgentRinging: RepairKind.RING_OPENED,
}
_RANK = {kind: rank for rank, kind in enumerate(_BY_FACT.values())}


def repairs_of(changes: Iterable["Change"], left: Iterable["Change"] = ()) -> list[Repair]:
    """The repairs that these changes were; `left`: callers who had to leave a queue."""
    worst: dict[str, RepairKind] = {change.journey.linkedid: RepairKind.VISIT_CLOSED for change in left}
    for change in changes:
        for fact in change.facts:
            kind = _BY_FACT.get(type(fact), RepairKind.JOURNEY_CORRECTED)
            known = worst.get(change.journey.linkedid, RepairKind.JOURNEY_CORRECTED)
            worst[change.journey.linkedid] = min(kind, known, key=lambda one: _RANK.get(one, len(_RANK)))
    return [Repair(kind, linkedid) for linkedid, kind in worst.items()]
