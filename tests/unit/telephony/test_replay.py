"""Replaying files: garbage is counted, never fatal."""

import json
from pathlib import Path

from callcenter.calls.ledger_json import journey_json
from callcenter.telephony.replay import replay
from tests.recorded_calls import FOLDER
from tests.unit.telephony.expected_journeys import EXPECTED

NAME = "normal-agent-hangs-up"


def test_garbage_between_the_lines(tmp_path: Path) -> None:
    lines = (FOLDER / f"{NAME}.jsonl").read_bytes().splitlines()
    spoilt = tmp_path / "spoilt.jsonl"
    garbage = [b"", b"   ", b"{", b"[1, 2]", b"\xff\xfe\x00", b"[" * 5000, b'"text"']
    mixed = [piece for i, line in enumerate(lines) for piece in (line, garbage[i % len(garbage)])]
    spoilt.write_bytes(b"\n".join(mixed))
    result = replay([spoilt])
    assert [journey_json(journey) for journey in result.journeys] == [EXPECTED[NAME]]
    blank = sum(1 for i in range(len(lines)) if i % len(garbage) < 2)
    assert result.garbage == len(lines) - blank


def test_a_call_cut_over_two_files(tmp_path: Path) -> None:
    lines = (FOLDER / f"{NAME}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "1").write_text("".join(lines[:90]), encoding="utf-8")
    (tmp_path / "2").write_text("".join(lines[90:]), encoding="utf-8")
    result = replay([tmp_path / "1", tmp_path / "2"])
    assert [journey_json(journey) for journey in result.journeys] == [EXPECTED[NAME]]


def test_a_call_that_has_not_ended_is_printed_open(tmp_path: Path) -> None:
    lines = (FOLDER / f"{NAME}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    talking = max(i for i, line in enumerate(lines) if '"BridgeEnter"' in line)
    (tmp_path / "cut").write_text("".join(lines[: talking + 1]), encoding="utf-8")
    (journey,) = replay([tmp_path / "cut"]).journeys
    printed = journey_json(journey)
    assert (printed["ended_at"], printed["outcome"], printed["hangup_by"]) == (None, None, None)
    assert printed["queue_visits"][0]["outcome"] == "answered"
    assert printed["agent_legs"][0]["to"] is None


def test_everything_printed_is_plain_json() -> None:
    result = replay(sorted(FOLDER.glob("*.jsonl")))
    printed = [journey_json(journey) for journey in result.journeys]
    assert json.loads(json.dumps(printed)) == printed
    assert len(printed) == 46
