"""The service may stop at any moment: open journeys are taken up again as if nothing had happened."""

import json

import pytest

from callcenter.calls.memory import decode, encode
from callcenter.calls.switchboard import Switchboard
from tests.recorded_calls import NAMES, Ledger, events, run
from tests.unit.telephony.expected_journeys import EXPECTED

#: Every cut of the first thirteen, every seventh of the others, so that the test stays quick.
CUTS = [(name, 1 if name in EXPECTED else 7) for name in NAMES]


@pytest.mark.parametrize(("name", "stride"), CUTS)
def test_stopped_between_any_two_events(name: str, stride: int) -> None:
    stream = events(name)
    whole = {journey["linkedid"]: journey for journey in run(stream).printed()}
    board, ledger = Switchboard("a"), Ledger()
    for cut, event in enumerate(stream):
        ledger.take(board.apply(event))
        if cut % stride:
            continue
        again = Switchboard.restore(json.loads(json.dumps(board.snapshot())))
        assert again.open_journeys() == board.open_journeys()
        after = Ledger()
        after.journeys = dict(ledger.journeys)
        run(stream[cut + 1 :], again, after)
        assert {journey["linkedid"]: journey for journey in after.printed()} == whole


@pytest.mark.parametrize("name", ["hold-unhold", "attended-transfer-ami", "attended-transfer-refer", "two-at-once"])
def test_taken_up_from_the_memories_of_single_journeys(name: str) -> None:
    stream = events(name)
    whole = {journey["linkedid"]: journey for journey in run(stream).printed()}
    board, ledger = Switchboard("a"), Ledger()
    half = len(stream) // 2
    run(stream[:half], board, ledger)
    memories = [board.memory_of(journey.linkedid) for journey in board.open_journeys()]
    assert memories
    again = Switchboard.restore_journeys("a", json.loads(json.dumps(memories)))
    run(stream[half:], again, ledger)
    assert {journey["linkedid"]: journey for journey in ledger.printed()} == whole


def test_facts_are_not_told_again_after_a_restart() -> None:
    stream = events("hold-unhold")
    board = Switchboard("a")
    run(stream, board)
    again = Switchboard.restore(board.snapshot())
    assert run(stream, again).changes == []


@pytest.mark.parametrize("name", NAMES)
def test_every_event_survives_json(name: str) -> None:
    for event in events(name):
        if hasattr(event, "uniqueid"):
            assert decode(json.loads(json.dumps(encode(event)))) == event


@pytest.mark.parametrize("strange", [[], ["Unheard", 1], ["LineEnded", "a"], ["MemberAdded"], [7]])
def test_memories_of_another_version_are_left_out(strange: list[object]) -> None:
    assert decode(strange) is None
