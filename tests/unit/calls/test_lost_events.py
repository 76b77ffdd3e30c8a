"""Events may be lost or come in disorder: nothing raises, and every journey ends once, in one way."""

import dataclasses
import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls import live_comparison
from callcenter.calls.events import LineEnded, LineEvent
from callcenter.calls.journeys import Journey
from callcenter.calls.machine import is_contact
from callcenter.calls.switchboard import Switchboard
from tests.recorded_calls import NAMES, Ledger, events, run

#: Two recordings at once have the same agent in two talks; a call that he begins could then belong to either.
CONSULTING = ("consult-then-back", "attended-transfer-refer", "internal-call", "supervisor-spy")
SEPARATE = [name for name in NAMES if name not in CONSULTING]


def moved(event: LineEvent, shift: timedelta) -> LineEvent:
    return dataclasses.replace(event, at=event.at + shift)


def assert_ended_once(journey: Journey) -> None:
    assert journey.outcome is not None
    assert journey.hangup_by is not None
    assert journey.ended_at is not None
    assert all(leg.to_at is not None for leg in journey.agent_legs)
    assert all(attempt.outcome is not None for attempt in journey.attempts)
    assert all(visit.outcome is not None for visit in journey.queue_visits)
    assert all(consult.to_at is not None for consult in journey.consults)
    assert all(hold.to_at is not None for hold in journey.holds)


def run_to_the_end(stream: list[LineEvent]) -> Ledger:
    board, ledger = Switchboard("a"), Ledger()
    run(stream, board, ledger)
    last = max((event.at for event in stream), default=None)
    if last is not None:
        ledger.take(live_comparison.end_missing(board, set(), last + timedelta(seconds=10)))
    assert board.open_journeys() == []
    return ledger


@settings(max_examples=80, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_some_events_lost(name: str, data: st.DataObject) -> None:
    stream = list(events(name))
    lost = data.draw(st.sets(st.integers(0, len(stream) - 1), max_size=12))
    ledger = run_to_the_end([event for i, event in enumerate(stream) if i not in lost])
    for journey in ledger.journeys.values():
        if is_contact(journey):
            assert_ended_once(journey)


@settings(max_examples=80, deadline=None)
@given(name=st.sampled_from(NAMES), window=st.integers(2, 12), dice=st.randoms(use_true_random=False))
def test_nearby_events_in_disorder(name: str, window: int, dice: random.Random) -> None:
    stream = list(events(name))
    for start in range(0, len(stream), window):
        part = stream[start : start + window]
        dice.shuffle(part)
        stream[start : start + window] = part
    ledger = run_to_the_end(stream)
    for journey in ledger.journeys.values():
        if is_contact(journey):
            assert_ended_once(journey)


@settings(max_examples=30, deadline=None)
@given(
    names=st.lists(st.sampled_from(SEPARATE), min_size=2, max_size=4, unique=True),
    offsets=st.lists(st.integers(0, 5_000_000), min_size=4, max_size=4),
)
def test_several_calls_at_once(names: list[str], offsets: list[int]) -> None:
    start = events(NAMES[0])[0].at
    alone = [
        [moved(event, start - events(name)[0].at + timedelta(microseconds=n)) for event in events(name)]
        for name, n in zip(names, offsets, strict=False)
    ]
    together = run(sorted((event for stream in alone for event in stream), key=lambda event: event.at))
    expected = [journey for stream in alone for journey in run(stream).printed()]
    by_id = {journey["linkedid"]: journey for journey in expected}
    assert {journey["linkedid"]: journey for journey in together.printed()} == by_id


@pytest.mark.parametrize("name", NAMES)
def test_without_the_first_news_of_each_line(name: str) -> None:
    """No Newchannel at all: the journeys are found from what follows."""
    stream = [event for event in events(name) if type(event).__name__ != "LineAppeared"]
    whole = {journey["linkedid"]: journey["outcome"] for journey in run(events(name)).printed()}
    if name.startswith(("callback", "originate", "internal", "voicemail", "ivr-done")):
        run_to_the_end(stream)  # who called whom cannot be known any more
    else:
        found = {j["linkedid"]: j["outcome"] for j in run_to_the_end(stream).printed()}
        assert {linkedid: found.get(linkedid) for linkedid in whole} == whole


@pytest.mark.parametrize("name", NAMES)
def test_hangups_alone_raise_nothing_from_the_dead(name: str) -> None:
    stream = [event for event in events(name) if isinstance(event, LineEnded)]
    assert run(stream).changes == []


def test_an_event_without_any_id_is_nobodys() -> None:
    event = next(event for event in events("voicemail") if isinstance(event, LineEnded))
    assert Switchboard("a").apply(dataclasses.replace(event, uniqueid="", linkedid="")) == []
