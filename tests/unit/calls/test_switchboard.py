"""Which call an event belongs to, and how long a call stays in memory."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from callcenter.calls import known_calls as module
from callcenter.calls.events import (
    AttendedTransferred,
    CallerJoinedQueue,
    LineAppeared,
    LineEnded,
    LineEvent,
    OnLine,
    VoicemailRecorded,
)
from callcenter.calls.facts import ConsultStarted, JourneyDiscarded, JourneyMerged
from callcenter.calls.known_calls import GRACE
from callcenter.calls.states import CallState, Outcome
from callcenter.calls.switchboard import Switchboard
from tests.recorded_calls import NAMES, events, run


def renamed(stream: tuple[LineEvent, ...], mark: str, shift: timedelta) -> list[LineEvent]:
    """The same calls at another time, with other ids."""
    result = []
    for event in stream:
        ids: dict[str, Any] = {
            name: f"{value}{mark}"
            for name in ("uniqueid", "linkedid", "agent_uniqueid", "by_uniqueid", "half_one", "half_two",
                         "transferee_uniqueid", "second_uniqueid", "second_linkedid", "target_uniqueid",
                         "spy_uniqueid", "spy_linkedid")
            if (value := getattr(event, name, ""))
        }  # fmt: skip
        result.append(dataclasses.replace(event, at=event.at + shift, **ids))
    return result


def test_the_consultation_of_a_phone_belongs_to_the_journey_at_once() -> None:
    changes = run(events("attended-transfer-refer")).changes
    assert {change.journey.linkedid for change in changes} == {"rec-1795414011.24"}
    started = next(i for i, c in enumerate(changes) if any(isinstance(f, ConsultStarted) for f in c.facts))
    assert changes[started].journey.state is CallState.CONSULTING
    assert not changes[started].late


def test_a_call_that_turns_out_to_be_a_consultation_is_merged() -> None:
    """The leg of the first call was not seen, so only the transfer itself tells that the calls belong together."""
    whole = list(events("attended-transfer-refer"))
    second = next(e for e in whole if isinstance(e, AttendedTransferred)).second_linkedid
    own = {e.uniqueid for e in whole if isinstance(e, LineAppeared) and e.linkedid == second}
    first = [e for e in whole if getattr(e, "uniqueid", "") not in own or isinstance(e, AttendedTransferred)]
    consult = [e for e in whole if isinstance(e, OnLine) and e.uniqueid in own]
    board = Switchboard("a")
    cut = next(i for i, e in enumerate(first) if isinstance(e, AttendedTransferred))
    ledger = run([e for e in consult if e.at < first[cut].at and e.linkedid == second], board)
    assert [journey.direction for journey in board.open_journeys()] == ["internal"]
    run(first[:cut], board, ledger)
    run([e for e in whole if e.at >= first[cut].at], board, ledger)
    merged = [(c.journey.linkedid, f.into) for c in ledger.changes for f in c.facts if isinstance(f, JourneyMerged)]
    assert merged == [(second, "rec-1795414011.24")]
    (journey,) = ledger.printed()
    assert journey["consults"] == [{"agent": "PJSIP/1001", "to": "1003", "seconds": 1.003}]
    assert journey["transfers"][0]["kind"] == "attended"
    assert board.journey(second) == board.journey("rec-1795414011.24")


def test_two_households_never_become_one() -> None:
    stream = list(events("two-at-once"))
    one, two = "rec-1795414099.110", "rec-1795414100.112"
    last = max(i for i, e in enumerate(stream) if getattr(e, "linkedid", "") == two)
    stream[last] = dataclasses.replace(stream[last], linkedid=one)  # type: ignore[call-arg]
    assert [journey["linkedid"] for journey in run(stream).printed()] == [one, two]


def test_supervision_from_our_own_originate_is_discarded() -> None:
    """The supervisor's device was rung by the PBX: it looks like a call-back until it starts to listen."""
    stream = [
        dataclasses.replace(event, incoming=False)
        if isinstance(event, LineAppeared) and event.channel.startswith("PJSIP/1002")
        else event
        for event in events("supervisor-spy")
    ]
    ledger = run(stream)
    discarded = [c.journey.linkedid for c in ledger.changes for f in c.facts if isinstance(f, JourneyDiscarded)]
    assert len(discarded) == 3
    assert [journey["linkedid"] for journey in ledger.printed()] == ["a-1795404768.85"]


def test_a_line_alone_is_no_contact() -> None:
    own = [e for e in events("supervisor-spy") if getattr(e, "linkedid", "") == "a-1795404771.87"]
    assert run([e for e in own if "Spy" not in type(e).__name__]).changes == []


@pytest.mark.parametrize("name", NAMES)
def test_finished_calls_leave_memory(name: str) -> None:
    board = Switchboard("a")
    run(events(name), board)
    later = renamed(events("ivr-done"), "x", events(name)[-1].at + GRACE * 2 - events("ivr-done")[0].at)
    run(later[:1], board)
    assert [call["linkedids"] for call in board.snapshot()["calls"]] == [["rec-1795414095.106x"]]


def test_a_finished_call_does_not_come_back() -> None:
    board = Switchboard("a")
    stream = events("normal-agent-hangs-up")
    run(stream, board)
    run(renamed(events("ivr-done"), "x", stream[-1].at + GRACE * 2 - events("ivr-done")[0].at), board)
    assert board.memory_of("a-1795404675.19") is None
    assert run(stream, board).changes == []
    assert board.memory_of("a-1795404675.19") is None


def test_the_names_of_old_calls_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED_NAMES", 10)
    board = Switchboard("a")
    for n in range(20):
        run(renamed(events("ivr-done"), f"-{n}", timedelta(seconds=60 * n)), board)
    assert len(board.snapshot()["old"]) == 10


def test_members_and_devices_are_no_journeys() -> None:
    members = [e for e in events("agent-pause") if type(e).__name__.startswith(("Member", "Device"))]
    assert members
    assert run(members).changes == []


def test_very_long_calls_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callcenter.calls.call_log.MAX_EVENTS", 30)
    for name in ("hold-unhold", "attended-transfer-ami"):
        ledger = run(events(name))
        assert ledger.printed() == run(events(name)).printed()
        assert [journey["outcome"] for journey in ledger.printed()] == [Outcome.ANSWERED]


def test_a_message_told_long_before_its_call_is_known_is_not_lost() -> None:
    """The birth of the line was not heard; the first thing that tells of a call comes long after the message."""
    first = events("ivr-done")[0]
    assert isinstance(first, LineAppeared)
    on = ("a", "a-1.1", "a-1.1", "PJSIP/trunk-00000001")

    def after(seconds: int) -> Any:
        return first.at + timedelta(seconds=seconds)

    def line(kind: type[OnLine], seconds: int, *rest: Any) -> OnLine:
        return kind(on[0], after(seconds), *on[1:], *rest)

    board = Switchboard("a")
    run([line(VoicemailRecorded, 0)], board)
    assert board.open_journeys() == []
    late = GRACE.seconds + 2
    news = [line(CallerJoinedQueue, late, "hotline-zh", 1, ""), line(LineEnded, late + 1, 16)]
    (journey,) = run(news, board).journeys.values()
    assert journey.outcome is Outcome.VOICEMAIL
