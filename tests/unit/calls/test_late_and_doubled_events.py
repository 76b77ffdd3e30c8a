"""News may come twice, late, or in another order: the journeys are the same in the end."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.calls.events import (
    BridgeEntered,
    BridgeLeft,
    CallerJoinedQueue,
    IvrKeyPressed,
    LineEvent,
    OnLine,
    QueueClosed,
    RecordingBegan,
)
from callcenter.calls.facts import AgentLegWentOn, JourneyEnded, JourneyStarted
from callcenter.calls.machine import is_contact
from callcenter.calls.switchboard import Switchboard
from tests.recorded_calls import NAMES, Ledger, events, run

SAID_TWICE = (IvrKeyPressed, RecordingBegan)


def swapped(stream: Sequence[LineEvent], start: int) -> list[LineEvent]:
    result = list(stream)
    for i in range(start, len(result) - 1, 2):
        result[i], result[i + 1] = result[i + 1], result[i]
    return result


@pytest.mark.parametrize("name", NAMES)
def test_each_event_twice_in_a_row(name: str) -> None:
    doubled = [event for event in events(name) for _ in range(2)]
    assert run(doubled).printed() == run(events(name)).printed()


@pytest.mark.parametrize("name", NAMES)
def test_doubled_events_bring_no_change(name: str) -> None:
    board = Switchboard("a")
    for event in events(name):
        board.apply(event)
        assert board.apply(event) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_stream_again(name: str) -> None:
    board, ledger = Switchboard("a"), Ledger()
    run(events(name), board, ledger)
    before = ledger.printed()
    count = len(ledger.changes)
    run(events(name), board, ledger)
    assert ledger.printed() == before
    assert len(ledger.changes) == count


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_neighbours_swapped(name: str, start: int) -> None:
    assert run(swapped(events(name), start)).printed() == run(events(name)).printed()


@pytest.mark.parametrize("name", NAMES)
def test_neighbours_swapped_and_doubled(name: str) -> None:
    dice = random.Random(name)
    stream = [event for event in swapped(events(name), 0) for _ in range(dice.choice([1, 1, 2, 3]))]
    assert run(stream).printed() == run(events(name)).printed()


@pytest.mark.parametrize("name", NAMES)
def test_facts_in_order_tell_one_begin_and_one_end(name: str) -> None:
    ledger = run(events(name))
    for journey in ledger.journeys.values():
        told = [
            fact for change in ledger.changes if change.journey.linkedid == journey.linkedid for fact in change.facts
        ]
        assert isinstance(told[0], JourneyStarted)
        assert isinstance(told[-1], JourneyEnded)
        assert sum(isinstance(fact, JourneyEnded) for fact in told) == 1
        assert is_contact(journey)


def test_a_late_word_corrects_the_end_that_was_told() -> None:
    stream = list(events("normal-agent-hangs-up"))
    leave = next(i for i, event in enumerate(stream) if type(event).__name__ == "BridgeLeft")
    late = [*stream[:leave], *stream[leave + 1 :], stream[leave]]
    ledger = run(late)
    assert ledger.printed() == run(stream).printed()
    assert ledger.changes[-1].late
    ended = [type(fact).__name__ for fact in ledger.changes[-1].facts]
    assert ended[0] == "AgentLegEnded"


def test_what_the_dialplan_said_for_cel_too_is_one_step() -> None:
    """The row is written a moment after the event, and the files are read while events wait."""
    stream = [event for event in events("queue-timeout") if isinstance(event, OnLine)]
    later = [replace(one, at=one.at + timedelta(milliseconds=3)) for one in stream if isinstance(one, SAID_TWICE)]
    assert {type(event) for event in later} == set(SAID_TWICE)
    expected = run(stream).printed()
    assert run([*stream, *later]).printed() == expected
    assert run([*later[:1], *stream, *later[1:]]).printed() == expected


@pytest.mark.parametrize("milliseconds", [-1, 1])
def test_who_was_refused_did_not_join_though_the_files_tell_of_the_queue(milliseconds: int) -> None:
    stream = list(events("queue-refused"))
    word = next(event for event in stream if isinstance(event, QueueClosed) and event.refused)
    begun = word.at + timedelta(milliseconds=milliseconds)
    joined = CallerJoinedQueue(word.pbx, begun, word.uniqueid, word.linkedid, word.channel, word.queue, 1, "")
    [expected], [found] = run(stream).journeys.values(), run([*stream, joined]).journeys.values()
    assert (found.outcome, found.state) == (expected.outcome, expected.state)
    assert [(visit.position, visit.outcome) for visit in found.queue_visits] == [
        (visit.position, visit.outcome) for visit in expected.queue_visits
    ]


def test_an_agent_who_moves_from_bridge_to_bridge_goes_on_talking() -> None:
    """CEL tells no more of a pair of Local lines that is taken out."""
    stream = list(events("normal-agent-hangs-up"))
    agent = [event for event in stream if isinstance(event, BridgeEntered)][-1]
    who = agent.pbx, agent.uniqueid, agent.linkedid, agent.channel
    out_at, in_at = (agent.at + timedelta(milliseconds=n) for n in (600, 601))
    out, back = (
        kind(who[0], at, *who[1:], agent.bridge) for kind, at in ((BridgeLeft, out_at), (BridgeEntered, in_at))
    )
    place = next(i for i, event in enumerate(stream) if event.at > in_at)
    ledger = run([*stream[:place], out, back, *stream[place:]])
    assert ledger.printed() == run(stream).printed()
    assert [fact.at for change in ledger.changes for fact in change.facts if isinstance(fact, AgentLegWentOn)] == [
        in_at
    ]
