"""The CEL rows that the crash tests make of AMI events are those that Asterisk wrote where it was recorded."""

import json

import pytest

from tests.crashes.pbx_cel import DIALPLAN, with_cel
from tests.recorded_calls import NAMES, Message, messages

WITH_ROWS = [name for name in NAMES if any(message["Event"] == "CEL" for message in messages(name))]
NOT_READ = ("bridge_technology", "dialstatus", "context")


def row(message: Message) -> tuple[object, ...]:
    """What the service reads of it; the application only where it tells something."""
    extra = json.loads(message["Extra"]) if message["Extra"] else {}
    kept = tuple(sorted((key, value) for key, value in extra.items() if key not in NOT_READ))
    application = "" if message["EventName"].startswith("BRIDGE") else message["Application"]
    columns = ("EventName", "UniqueID", "LinkedID", "CallerIDnum", "CallerIDname", "Exten", "Channel")
    return *(message[column] for column in columns), application, kept


def test_enough_recordings_have_rows() -> None:
    assert len(WITH_ROWS) >= 13


@pytest.mark.parametrize("name", WITH_ROWS)
def test_rows_made_are_rows_written(name: str) -> None:
    stream = messages(name)
    written = [m for m in stream if m["Event"] == "CEL" and m["EventName"] != "LINKEDID_END"]
    made = [m for m in with_cel(m for m in stream if m["Event"] != "CEL") if m["Event"] == "CEL"]
    asterisk = [row(m) for m in made if m["EventName"] not in DIALPLAN]
    assert sorted(asterisk, key=str) == sorted(map(row, written), key=str)
