"""By when a state must be left (domain.md §4.4), times shown in Beijing time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.work_orders.deadlines import CODES, Entry, deadlines
from callcenter.work_orders.states import TERMINAL, State

BEIJING = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=BEIJING)


def due(state: State, priority: str, entered: str, **entry: object) -> str:
    first = deadlines(state, Entry(priority, at(entered), **entry))[0]  # type: ignore[arg-type]
    return f"{first.code} {first.due_at.astimezone(BEIJING):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("state", "priority", "entered", "expected"),
    [
        (State.DRAFT, "P2", "11-23 10:00", "W-DRAFT 11-23 10:15"),
        (State.PENDING_CONFIRM, "P1", "11-23 10:00", "T-CONFIRM 11-23 10:15"),
        (State.PENDING_DISPATCH, "P0", "11-23 10:00", "T-DISPATCH 11-23 10:02"),
        (State.PENDING_DISPATCH, "P2", "11-23 10:00", "T-DISPATCH 11-23 10:30"),
        (State.OFFERED, "P1", "11-23 10:00", "T-ACCEPT 11-23 10:10"),
        (State.ACCEPTED, "P2", "11-23 10:00", "T-CONTACT 11-23 12:00"),
        (State.SUBMITTED, "P0", "11-23 19:00", "T-FOLLOWUP 11-24 11:00"),
        (State.SUBMITTED, "P1", "11-23 10:00", "T-FOLLOWUP 11-24 20:00"),
        (State.SUBMITTED, "P3", "11-23 10:00", "T-FOLLOWUP 11-26 20:00"),
        (State.REWORK, "P0", "11-23 10:00", "T-REWORK-ACCEPT 11-23 10:30"),
        (State.DISPUTED, "P1", "11-23 10:00", "T-COMPLAINT-CONTACT 11-24 10:00"),
    ],
)
def test_limits_of_the_table(state: State, priority: str, entered: str, expected: str) -> None:
    assert due(state, priority, entered) == expected


def test_an_offer_at_night_waits_for_the_morning_but_an_emergency_does_not() -> None:
    assert due(State.OFFERED, "P2", "11-23 23:05") == "T-ACCEPT 11-24 08:30"
    assert due(State.OFFERED, "P0", "11-23 23:05") == "T-ACCEPT 11-23 23:08"


def test_arrival_is_measured_from_the_appointment_or_from_the_call() -> None:
    wanted = {"wanted_from": at("11-24 15:00"), "wanted_to": at("11-24 16:00")}
    assert due(State.SCHEDULED, "P1", "11-23 10:00", **wanted) == "T-ARRIVE 11-24 15:15"
    assert due(State.SCHEDULED, "P2", "11-23 10:00", **wanted) == "T-ARRIVE 11-24 15:30"
    assert due(State.SCHEDULED, "P0", "11-23 10:00") == "T-ARRIVE 11-23 11:00"
    assert due(State.SCHEDULED, "P0", "11-23 10:00", outer_zone=True) == "T-ARRIVE 11-23 12:00"
    assert due(State.IN_SERVICE, "P2", "11-24 15:10", **wanted) == "T-SUBMIT 11-24 18:00"


def test_a_decision_is_due_in_working_days() -> None:
    decision = deadlines(State.DISPUTED, Entry("P1", at("11-23 10:00")))[1]
    assert decision.code == "T-COMPLAINT-DECISION"
    assert decision.due_at == at("12-02 10:00")


def test_people_are_warned_at_half_and_at_four_fifths_of_the_open_time() -> None:
    first = deadlines(State.PENDING_DISPATCH, Entry("P3", at("11-23 21:30")))[0]
    assert first.due_at == at("11-24 09:30")
    assert first.warn_at == {50: at("11-24 08:30"), 80: at("11-24 09:06")}


def test_what_is_late_already_is_not_warned_of() -> None:
    past = deadlines(State.SCHEDULED, Entry("P2", at("11-23 10:00"), wanted_from=at("11-23 08:00")))[0]
    assert past.warn_at == {}


def test_every_open_state_has_a_clock_and_no_terminal_one() -> None:
    entry = Entry("P2", at("11-23 10:00"), at("11-24 10:00"), at("11-24 11:00"))
    assert {state for state in State if not deadlines(state, entry)} == TERMINAL
    codes = [limit.code for state in State for limit in deadlines(state, entry)]
    assert codes == list(CODES)
    assert all(limit.due_at - entry.entered_at > timedelta() for state in State for limit in deadlines(state, entry))
