"""After a gap: build what we never saw, end what is gone, from the lists the PBX gives (recorded in mid-call)."""

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls import live_comparison
from callcenter.calls.facts import AgentRinging, JourneyEnded
from callcenter.calls.journeys import Journey
from callcenter.calls.live_lines import LiveLine, LiveWait
from callcenter.calls.states import CallState, Direction, HangupBy, Outcome
from callcenter.calls.switchboard import Switchboard
from callcenter.telephony.ami_events import live_line, live_wait, translate
from callcenter.telephony.ami_members import live_member
from tests.recorded_calls import Ledger, Message, events, messages, run, translated

NAME = "lists-mid-call"
FENCE = next(i for i, m in enumerate(messages(NAME)) if m.get("UserEvent") == "Fence")
BEFORE, AFTER = messages(NAME)[:FENCE], messages(NAME)[FENCE:]
AT = datetime.fromtimestamp(float(messages(NAME)[FENCE]["Timestamp"]), UTC)


def rows(event: str) -> list[Message]:
    return [message for message in BEFORE if message["Event"] == event]


def lists() -> tuple[list[LiveLine], list[LiveWait]]:
    lines = [line for row in rows("CoreShowChannel") if (line := live_line(row))]
    waits = [wait for row in rows("QueueEntry") if (wait := live_wait(row))]
    return lines, waits


def adopted() -> tuple[Switchboard, Ledger]:
    board, ledger = Switchboard("a"), Ledger()
    ledger.take(live_comparison.adopt(board, *lists(), AT))
    return board, ledger


def by_agent(ledger: Ledger) -> dict[str, Journey]:
    return {journey.attempts[-1].agent if journey.attempts else "": journey for journey in ledger.journeys.values()}


def test_a_talk_and_a_wait_are_built_from_the_lists() -> None:
    board, ledger = adopted()
    talking, waiting = board.open_journeys()
    assert (talking.state, waiting.state) == (CallState.TALKING, CallState.QUEUED)
    assert talking.agent_legs[0].agent == "PJSIP/1001"
    assert [(visit.queue, visit.position) for visit in waiting.queue_visits] == [("hotline-all", 1)]
    assert {journey.caller for journey in ledger.journeys.values()} == {"13900000001"}


def test_the_device_that_rings_pops_again() -> None:
    _, ledger = adopted()
    rings = [fact for change in ledger.changes for fact in change.facts if isinstance(fact, AgentRinging)]
    assert [(ring.agent, ring.line) for ring in rings] == [("PJSIP/1002", "rec-1795414106.119")]


def test_join_time_is_now_less_the_wait() -> None:
    board = Switchboard("a")
    lines, waits = lists()
    patient = [LiveWait(w.uniqueid, w.channel, w.queue, w.position, w.caller_number, 42.0) for w in waits]
    live_comparison.adopt(board, lines, patient, AT)
    joined = board.open_journeys()[1].queue_visits[0].joined_at
    assert abs(AT - timedelta(seconds=42) - joined) < timedelta(milliseconds=1)


def test_what_was_built_goes_on_with_the_live_events() -> None:
    board, ledger = adopted()
    run(translated(AFTER), board, ledger)
    whole = {journey["linkedid"]: journey for journey in run(events(NAME)).printed()}
    for journey in ledger.printed():
        seen = whole[journey["linkedid"]]
        for key in ("direction", "caller", "outcome", "hangup_by", "ended_at"):
            assert journey[key] == seen[key]
        assert [leg["agent"] for leg in journey["agent_legs"]] == [leg["agent"] for leg in seen["agent_legs"]]
        # whole seconds are all the lists give
        assert journey["agent_legs"][0]["talk_seconds"] == pytest.approx(seen["agent_legs"][0]["talk_seconds"], abs=2)
        assert [visit["outcome"] for visit in journey["queue_visits"]] in (["answered"], [])


def test_lists_change_nothing_where_nothing_was_missed() -> None:
    board = Switchboard("a")
    run(translated(BEFORE), board)
    assert live_comparison.adopt(board, *lists(), AT) == []
    assert live_comparison.end_missing(board, {line.uniqueid for line in lists()[0]}, AT) == []


def test_a_second_look_changes_nothing() -> None:
    board, _ = adopted()
    assert live_comparison.adopt(board, *lists(), AT + timedelta(seconds=20)) == []


def test_a_missed_answer_is_mended() -> None:
    board, ledger = Switchboard("a"), Ledger()
    unbridged = [m for m in BEFORE if m["Event"] not in ("BridgeEnter", "AgentConnect", "QueueCallerLeave")]
    run(translated(unbridged), board, ledger)
    assert [journey.state for journey in board.open_journeys()] == [CallState.QUEUED, CallState.QUEUED]
    ledger.take(live_comparison.adopt(board, *lists(), AT))
    assert [journey.state for journey in board.open_journeys()] == [CallState.TALKING, CallState.QUEUED]


def test_what_ended_in_the_gap_is_closed_and_marked_as_estimated() -> None:
    board, ledger = Switchboard("a"), Ledger()
    run(translated(BEFORE), board, ledger)
    later = AT + timedelta(seconds=30)
    ledger.take(live_comparison.end_missing(board, set(), later))
    talked, waited = ledger.journeys["rec-1795414103.116"], ledger.journeys["rec-1795414106.118"]
    assert (talked.outcome, talked.ended_at, talked.estimated) == (Outcome.ANSWERED, later, True)
    assert (waited.outcome, waited.hangup_by, waited.estimated) == (Outcome.ABANDONED, HangupBy.CALLER, True)
    ends = [fact for change in ledger.changes for fact in change.facts if isinstance(fact, JourneyEnded)]
    assert all(end.estimated for end in ends)
    assert board.open_journeys() == []


def test_a_line_that_lives_is_not_closed() -> None:
    board = Switchboard("a")
    run(translated(BEFORE), board)
    live = {line.uniqueid for line in lists()[0] if line.linkedid == "rec-1795414103.116"}
    live_comparison.end_missing(board, live, AT + timedelta(seconds=30))
    assert [journey.linkedid for journey in board.open_journeys()] == ["rec-1795414103.116"]


def test_a_line_younger_than_the_list_is_spared() -> None:
    board = Switchboard("a")
    run(translated(BEFORE), board)
    assert [c.journey.linkedid for c in live_comparison.end_missing(board, set(), AT)] == ["rec-1795414103.116"]


def test_a_member_row_reads_like_an_event() -> None:
    (row,) = rows("QueueMember")
    member = live_member(row, "a", AT)
    assert (member.queue, member.interface, member.member_name) == ("hotline-all", "PJSIP/1002", "1002")
    assert (member.status, member.paused, member.in_call) == (6, False, False)


def test_rows_of_the_lists_are_no_events() -> None:
    assert [translate(row, "a") for row in rows("CoreShowChannel") + rows("QueueEntry")] == [None] * 5
    assert live_line({"Event": "CoreShowChannel"}) is None
    assert live_wait({"Event": "QueueEntry"}) is None


def test_the_name_that_a_called_line_shows_is_nobodys() -> None:
    """First the agent's, then our own; which one a list shows depends on the moment."""
    [journey] = run(events("callback-household-busy")).journeys.values()
    assert (journey.direction, journey.caller_name) == (Direction.OUTBOUND, "")
