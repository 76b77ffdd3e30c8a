"""What the ledger keeps of a call's facts shows no number, however the carrier wrote it."""

import json
from datetime import UTC, datetime

import pytest

from callcenter.calls import facts as f
from callcenter.calls.engine import fact_data
from callcenter.calls.states import Direction

AT = datetime(2026, 11, 23, 2, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("caller", "name", "secret"),
    [
        ("2825555", "", "825555"),
        ("2825555", "2825555", "2825555"),
        ("13899886021", "王秀兰 13899886021", "9988"),
        ("0086 138 9988 6021", "", "9988"),
        ("9912825555#", "", "282555"),
    ],
)
def test_neither_the_number_nor_the_name_gives_it_away(caller: str, name: str, secret: str) -> None:
    fact = f.JourneyStarted(AT, Direction.INBOUND, caller, name, "96365")
    kept = fact_data(fact, "0991")
    assert kept["dialled"] == "96365"
    assert secret not in json.dumps(kept, ensure_ascii=False).replace(" ", "")


def test_a_local_number_is_masked_as_everywhere_else() -> None:
    fact = f.TransferCompleted(AT, "2825555")
    assert fact_data(fact, "0991") == {"to": "0991-28***55"}
    assert fact_data(f.TransferCompleted(AT, "1003"), "0991") == {"to": "1003"}
