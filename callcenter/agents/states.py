"""An agent's presence. What the person has chosen is a table; what the telephone does lies over it.

All that changes a person's state is in this table, and nothing here knows why an event comes. Commands from people
are refused where the table has no entry; facts are then ignored.
"""

from enum import StrEnum


class PersonState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


class LineState(StrEnum):
    """What the agent's telephone does, learnt from the PBX only."""

    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"
    HOLD = "hold"


class PresenceEvent(StrEnum):
    GO_READY = "go_ready"
    GO_PAUSED = "go_paused"
    GO_OFFLINE = "go_offline"
    CALL_REJECTED = "call_rejected"
    CALL_ENDED = "call_ended"
    WRAP_UP_DONE = "wrap_up_done"
    PAUSE_OVER = "pause_over"


_S, _E = PersonState, PresenceEvent

TRANSITIONS: dict[tuple[PersonState, PresenceEvent], PersonState] = {
    (_S.OFFLINE, _E.GO_READY): _S.READY,
    (_S.OFFLINE, _E.GO_PAUSED): _S.PAUSED,
    (_S.READY, _E.GO_PAUSED): _S.PAUSED,
    (_S.READY, _E.GO_OFFLINE): _S.OFFLINE,
    (_S.READY, _E.CALL_REJECTED): _S.PAUSED,
    (_S.READY, _E.CALL_ENDED): _S.WRAP_UP,
    (_S.PAUSED, _E.GO_READY): _S.READY,
    (_S.PAUSED, _E.GO_PAUSED): _S.PAUSED,  # another reason
    (_S.PAUSED, _E.GO_OFFLINE): _S.OFFLINE,
    (_S.PAUSED, _E.CALL_ENDED): _S.WRAP_UP,
    (_S.PAUSED, _E.PAUSE_OVER): _S.READY,
    (_S.WRAP_UP, _E.GO_READY): _S.READY,
    (_S.WRAP_UP, _E.GO_PAUSED): _S.PAUSED,
    (_S.WRAP_UP, _E.GO_OFFLINE): _S.OFFLINE,
    (_S.WRAP_UP, _E.WRAP_UP_DONE): _S.READY,
    (_S.WRAP_UP, _E.CALL_ENDED): _S.WRAP_UP,
}

PAUSE_REASONS = ("rest", "meal", "training", "meeting", "other_work")
"""What an agent may choose; the words are in the message catalogues under `pause.<reason>`."""

REJECTED = "rejected"
"""Reason of the short pause after a rejected call."""


def advance(state: PersonState, event: PresenceEvent) -> PersonState | None:
    """The next state, or None where the event does not fit."""
    return TRANSITIONS.get((state, event))


def shown(person: PersonState, line: LineState, phone_registered: bool) -> str:
    """The one word for screens: the line over the person, a lost telephone over readiness."""
    if line is not LineState.FREE:
        return line.value
    if person is PersonState.READY and not phone_registered:
        return "lost_phone"
    return person.value


def mermaid() -> str:
    """The table as a Mermaid state diagram for the README."""
    ways: dict[tuple[PersonState, PersonState], list[str]] = {}
    for (state, event), following in TRANSITIONS.items():
        ways.setdefault((state, following), []).append(event)
    lines = [f"    {state} --> {following}: {', '.join(events)}" for (state, following), events in ways.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {PersonState.OFFLINE}", *lines])
