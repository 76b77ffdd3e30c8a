"""What is kept in logs tells nobody's number."""

import json

import pytest

from callcenter.foundation import logs


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("call from 13899886021 lost", "call from 138****6021 lost"),
        ("+8613899886021", "+861****6021"),
        ("0991-2825555", "0991-28***55"),
        ("2825555 and 62825555", "28***55 and 62****55"),
        ("13899886021,13899886022", "138****6021,138****6022"),
        ("9" * 30, "999****9999"),
        ("96365 took 1500 ms", "96365 took 1500 ms"),
    ],
)
def test_long_runs_of_digits_are_masked(written: str, kept: str) -> None:
    assert logs.mask_numbers(written) == kept


def test_numbers_are_masked_wherever_they_stand_in_a_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logs.get("test").info(
        "from 13899886021", caller="13899886021", rows=[{"number": "13899886021"}], position=1234567890123
    )
    try:
        raise ValueError("13899886021 is not wanted")
    except ValueError:
        logs.get("test").exception("failed")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert len(lines) == 2
    assert "9988" not in json.dumps(lines)
    assert lines[0]["position"] == 1234567890123
