"""The proof's checker must see what is wrong: each story here is wrong in one way."""

import dataclasses
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls import models as m
from callcenter.tasks.models import Task
from tests.prove.history import Blur, Written, judge
from tests.prove.seventy import Seventy
from tests.prove.standstills import Standstills
from tests.prove.witnesses import Caller, Ring

BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SEAT, LINE = "1101", "pbx-1.2"


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def journey(outcome: str | None = "answered", *, ended: float | None = 6.0) -> m.JourneyRow:
    return m.JourneyRow(
        id=uuid.uuid4(),
        state="ended",
        started_at=BEGAN,
        ended_at=after(ended) if ended is not None else None,
        outcome=outcome,
        estimated=False,
    )


def served() -> tuple[Caller, Written, list[Ring]]:
    """A call of six seconds that an agent took after two, as both sides have it."""
    start = BEGAN.timestamp()
    written = Written(
        [journey()],
        [m.AgentLegRow(line=LINE, agent=f"PJSIP/{SEAT}", from_at=after(2), to_at=after(6))],
        [m.RingAttemptRow(line=LINE, agent=f"PJSIP/{SEAT}", ringing_at=after(1), ended_at=after(2))],
        [m.ScreenPopRow(line=LINE)],
        [],
        Counter({"call.journey_started": 1, "call.journey_ended": 1}),
    )
    caller = Caller("13000000001", start, start + 0.1, start + 6)
    return caller, written, [Ring(SEAT, caller.number, start + 1, start + 2, start + 6, start + 2)]


def look(caller: Caller, written: Written, rings: list[Ring], blur: Blur | None = None) -> str:
    """What the checker complains of."""
    found = Seventy()
    judge(caller, written, rings, blur, found, within=1.0)
    return " | ".join(found.complaints)


def test_two_histories_that_agree_are_no_complaint() -> None:
    assert look(*served()) == ""
    found = Seventy()
    judge(*served(), None, found, within=1.0)
    assert (found.calls, found.outcomes) == (1, {"answered": 1})


def test_a_call_without_a_journey_is_lost() -> None:
    caller, _, rings = served()
    assert "no journey" in look(caller, Written(), rings)


def test_a_journey_without_an_end_is_lost() -> None:
    caller, written, rings = served()
    assert "still open" in look(caller, dataclasses.replace(written, journeys=[journey(None, ended=None)]), rings)


@pytest.mark.parametrize("owner", [[], [None], [uuid.uuid4(), uuid.uuid4()]])
def test_an_unserved_call_needs_exactly_one_open_task_with_an_owner(owner: list[uuid.UUID | None]) -> None:
    caller, written, _ = served()
    tasks = [Task(owner_id=one, state="open") for one in owner]
    changed = dataclasses.replace(written, journeys=[journey("abandoned")], legs=[], tasks=tasks)
    assert "open tasks with an owner" in look(caller, changed, [])


def test_a_talk_that_the_ledger_does_not_know_is_lost() -> None:
    caller, written, rings = served()
    tasks = [Task(owner_id=uuid.uuid4(), state="open")]
    changed = dataclasses.replace(written, journeys=[journey("abandoned")], legs=[], tasks=tasks)
    assert "an agent talked to him" in look(caller, changed, rings)
    unheard = [dataclasses.replace(ring, up_at=0.0) for ring in rings]
    assert "an agent talked to him" not in look(caller, changed, unheard), "the PBX never took his answer"


def test_two_journeys_of_one_call_are_doubled() -> None:
    caller, written, rings = served()
    assert "2 journeys" in look(caller, dataclasses.replace(written, journeys=[journey(), journey()]), rings)


def test_an_end_told_twice_and_a_leg_written_twice_are_doubled() -> None:
    caller, written, rings = served()
    written.told["call.journey_ended"] = 2
    written.legs.append(m.AgentLegRow(line=LINE, agent=f"PJSIP/{SEAT}", from_at=after(2), to_at=after(6)))
    words = look(caller, written, rings)
    assert "told 2 times" in words
    assert "a leg is there twice" in words


def test_a_ring_that_only_the_telephone_heard_is_a_difference() -> None:
    caller, written, rings = served()
    assert "2 rings at telephones, 1 in the ledger" in look(caller, written, [*rings, rings[0]])


def test_a_time_that_is_off_by_more_than_a_second_is_a_difference_unless_it_is_a_guess() -> None:
    caller, written, rings = served()
    written.legs[0].from_at = after(3.5)
    assert "a leg's begin differs by +1.50 s" in look(caller, written, rings)
    written.journeys[0].estimated = True
    assert look(caller, written, rings) == ""


def test_what_happened_while_the_pbx_could_not_see_is_not_compared() -> None:
    caller, written, rings = served()
    written.journeys[0].ended_at = after(9)
    assert "the end differs" in look(caller, written, rings)
    blur = Blur(after(5).timestamp(), after(9).timestamp())
    assert look(caller, written, rings, blur) == ""


def test_a_time_that_differs_because_the_machine_stood_still_is_no_complaint() -> None:
    caller, written, rings = served()
    written.legs[0].from_at = after(3.6)
    found, still = Seventy(), Standstills()
    still.note(BEGAN.timestamp() + 1.0, BEGAN.timestamp() + 2.8)
    judge(caller, written, rings, None, found, within=1.0, still=still)
    assert found.complaints == [], "0.8 of the 1.6 seconds lie between the two stamps"
    written.legs[0].from_at = after(3.9)
    judge(caller, written, rings, None, found, within=1.0, still=still)
    assert found.complaints == ["…0000001: a leg's begin differs by +1.90 s, 0.80 s of it the machine stood still"]
