"""A journey as `callcenter replay --json` and the HTTP interface print it (DESIGN.md §5).

Times are ISO 8601 UTC with milliseconds and `Z`; seconds are floats with three decimals; what is not known yet (an
open journey) is null.
"""

from datetime import UTC, datetime
from typing import Any

from callcenter.calls.journeys import AgentLeg, Attempt, Journey, QueueVisit


def journey_json(journey: Journey) -> dict[str, Any]:
    """The journey with exactly the keys of DESIGN.md §5."""
    return {
        "linkedid": journey.linkedid,
        "direction": journey.direction.value,
        "caller": journey.caller,
        "dialled": journey.dialled,
        "started_at": _time(journey.started_at),
        "ended_at": _time(journey.ended_at),
        "outcome": journey.outcome,
        "ivr_steps": [{"node": step.node, "key": step.key} for step in journey.ivr_steps],
        "queue_visits": [_visit(visit) for visit in journey.queue_visits],
        "attempts": [_attempt(attempt) for attempt in journey.attempts],
        "agent_legs": [_leg(leg) for leg in journey.agent_legs],
        "consults": [
            {"agent": consult.agent, "to": consult.to, "seconds": round(consult.seconds, 3)}
            for consult in journey.consults
        ],
        "transfers": [
            {"kind": transfer.kind, "by": transfer.by, "to": transfer.to, "completed": transfer.completed}
            for transfer in journey.transfers
        ],
        "hangup_by": journey.hangup_by,
    }


def estimated_times(journey: Journey) -> list[str]:
    """Which times in `journey_json` are guesses: `ended_at`, `queue_visits.0.left_at`, `agent_legs.1.from`…"""
    guessed = set(journey.estimates)
    times: list[tuple[str, datetime | None]] = [("started_at", journey.started_at)]
    for n, visit in enumerate(journey.queue_visits):
        times += [(f"queue_visits.{n}.joined_at", visit.joined_at), (f"queue_visits.{n}.left_at", visit.left_at)]
    for n, attempt in enumerate(journey.attempts):
        times += [(f"attempts.{n}.ringing_at", attempt.ringing_at), (f"attempts.{n}.ended_at", attempt.ended_at)]
    for n, leg in enumerate(journey.agent_legs):
        times += [(f"agent_legs.{n}.from", leg.from_at), (f"agent_legs.{n}.to", leg.to_at)]
    names = [name for name, at in times if at in guessed]
    return [*names, "ended_at"] if journey.estimated or journey.ended_at in guessed else names


def _time(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _visit(visit: QueueVisit) -> dict[str, Any]:
    return {
        "queue": visit.queue,
        "joined_at": _time(visit.joined_at),
        "left_at": _time(visit.left_at),
        "wait_seconds": round(visit.wait_seconds, 3),
        "position": visit.position,
        "outcome": visit.outcome,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "agent": attempt.agent,
        "ringing_at": _time(attempt.ringing_at),
        "ended_at": _time(attempt.ended_at),
        "outcome": attempt.outcome,
    }


def _leg(leg: AgentLeg) -> dict[str, Any]:
    return {
        "agent": leg.agent,
        "from": _time(leg.from_at),
        "to": _time(leg.to_at),
        "talk_seconds": round(leg.talk_seconds, 3),
        "hold_seconds": round(leg.hold_seconds, 3),
    }
