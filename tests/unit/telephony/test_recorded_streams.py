"""Each of the first thirteen recordings gives the journey that a person reads out of its raw events."""

from itertools import chain

import pytest

from callcenter.calls.ledger_json import journey_json
from callcenter.telephony.replay import replay, replay_messages
from tests.recorded_calls import FOLDER, least_rights, messages, run, translated
from tests.unit.telephony.expected_journeys import EXPECTED

#: With VarSet and Newexten filtered and no UserEvent of the dialplan, nothing tells which queue refused.
UNTOLD: dict[str, dict[str, list[object]]] = {"queue-join-empty": {"queue_visits": []}}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_recording_as_read_from_its_file(name: str) -> None:
    result = replay([FOLDER / f"{name}.jsonl"])
    assert [journey_json(journey) for journey in result.journeys] == [EXPECTED[name]]
    assert result.garbage == 0


@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_without_the_events_that_our_user_does_not_get(name: str) -> None:
    printed = run(translated(least_rights(name))).printed()
    assert printed == [EXPECTED[name] | UNTOLD.get(name, {})]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_event_twice(name: str) -> None:
    doubled = chain.from_iterable((message, message) for message in messages(name))
    result = replay_messages(doubled)
    assert [journey_json(journey) for journey in result.journeys] == [EXPECTED[name]]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_whole_stream_twice(name: str) -> None:
    result = replay_messages([*messages(name), *messages(name)])
    assert [journey_json(journey) for journey in result.journeys] == [EXPECTED[name]]


def test_all_recordings_as_one_stream() -> None:
    result = replay(FOLDER / f"{name}.jsonl" for name in EXPECTED)
    by_id = {journey.linkedid: journey_json(journey) for journey in result.journeys}
    assert by_id == {expected["linkedid"]: expected for expected in EXPECTED.values()}
