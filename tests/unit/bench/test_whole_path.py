"""`bench calls` without its parts: scenarios, sums, surroundings."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from callcenter.bench import short_calls, sipp, surroundings
from callcenter.bench.report import Finding, Goal
from callcenter.bench.speech import Numbered
from callcenter.bench.surroundings import CpuClock


@pytest.mark.parametrize("scenario", [sipp.household(2.5), sipp.telephone()])
def test_scenarios_are_what_sipp_can_read(scenario: str) -> None:
    root = ElementTree.fromstring(scenario)
    steps = [step.tag for step in root]
    assert set(steps) == {"send", "recv", "pause"}
    for send in root.iter("send"):
        head, _, _ = (send.text or "").strip().partition("\n\n")
        assert re.match(r"(INVITE|ACK|INFO|BYE) |SIP/2.0 (180|200) ", head)
        assert "Content-Length: " in head
        assert all(re.match(r"\S+ |\[last_|[\w-]+: ", line) for line in head.splitlines())


def test_a_household_stays_as_long_as_it_was_told() -> None:
    pauses = [int(step.attrib["milliseconds"]) for step in ElementTree.fromstring(sipp.household(2.5)).iter("pause")]
    assert sum(pauses) == 2500


def test_sums_are_sipps_last(tmp_path: Path) -> None:
    names = ["TotalCallCreated", "SuccessfulCall(C)", "FailedCall(C)", "Retransmissions(C)"]
    (tmp_path / "h.csv").write_text("\n".join(";".join(row) for row in (names, list("1000"), list("5321"))))
    assert sipp.counts(tmp_path, "h") == {"begun": 5, "succeeded": 3, "failed": 2, "sent_again": 1}
    assert sipp.counts(tmp_path, "none") == {"begun": 0, "succeeded": 0, "failed": 0, "sent_again": 0}


def test_each_caller_has_a_number_of_its_own(tmp_path: Path) -> None:
    text = sipp.callers_file(tmp_path, ["13800000001", "13800000002"]).read_text()
    assert text.splitlines() == ["SEQUENTIAL", "13800000001;", "13800000002;"]


def test_speech_counts_what_was_sent_after_the_first_came_back() -> None:
    heard = Numbered()
    frames = heard.frames()
    early = next(frames)
    heard.add(b"\xd5" * 160, 0.0)  # the PBX's music
    assert not heard.through.is_set()
    heard.add(early, 0.0)
    counted = [next(frames) for _ in range(3)]
    for frame in counted[:2]:
        heard.add(frame, 0.0)
    assert (heard.through.is_set(), heard.sent, heard.back) == (True, 3, 2)
    assert {len(frame) for frame in (early, *counted)} == {160}


def test_enough_agents_for_calls_and_their_wrap_up() -> None:
    assert short_calls.agents_for(22.0) == 132


def test_a_finding_without_a_floor_is_json() -> None:
    told = Finding("n", "failed", 0, 0, "f", Goal(0, most=True)).as_json()
    assert json.loads(json.dumps(told, allow_nan=False)) | {"ratio": None, "met": True} == told


def test_the_machine_says_which_and_how_busy() -> None:
    assert set(surroundings.machine()) == {"cores", "memory_gb", "system", "python", "commit"}
    shown = CpuClock(1000, 500, 100).until(CpuClock(2000, 900, 350))
    assert shown == {"steal_percent": 25.0, "busy_percent": 35.0}
    now = CpuClock.now()
    assert now.all >= now.idle + now.stolen > 0
