"""The benchmarks themselves, tiny: the shape of what they say, never how fast this machine is."""

import json
import shutil
from pathlib import Path

import pytest

from callcenter.bench import ami, ivr, pop
from callcenter.bench.errors import BenchFailed
from callcenter.bench.recordings import FOLDER, all_events, encode
from callcenter.bench.report import Finding, Goal, milliseconds, percentile
from callcenter.bench.scripted_calls import ScriptedCalls
from callcenter.foundation.clock import FrozenClock

SHAPE = {"name", "unit", "ours", "floor", "floor_is", "ratio", "goal", "met"}


def test_percentiles_are_by_nearest_rank() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert milliseconds([0.001, 0.002]) == {"count": 2, "p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 2.0, "most_ms": 2.0}


@pytest.mark.parametrize(
    ("goal", "met"),
    [
        (Goal(50), True),
        (Goal(51), False),
        (Goal(50, most=True), True),
        (Goal(49, most=True), False),
        (Goal(0.5, of_ratio=True), True),
        (Goal(0.6, of_ratio=True), False),
    ],
)
def test_a_goal_looks_at_the_right_figure(goal: Goal, met: bool) -> None:
    finding = Finding("n", "u", 50.0, 100.0, "f", goal, {"count": 3})
    assert finding.as_json() | {"met": met, "ratio": 0.5, "count": 3} == finding.as_json()
    assert ("MISSED" in finding.as_text()) is not met


def test_repetitions_of_the_recordings_have_lines_of_their_own() -> None:
    once, events = all_events(1)
    twice, doubled = all_events(2)
    assert doubled == 2 * events == twice.count(b"\r\n\r\n")
    assert twice.startswith(once)
    again = twice[len(once) :]
    assert b"a-1795404682." in once
    assert b"a-1795404682." not in again
    assert b"a-1795504682." in again


def test_without_recordings_there_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed):
        all_events(1, tmp_path)


def test_a_header_that_comes_twice_is_written_twice() -> None:
    assert encode({"Event": "X", "V": ["1", "2"]}) == b"Event: X\r\nV: 1\r\nV: 2\r\n\r\n"


def test_a_scripted_call_is_another_call_each_time(clock: FrozenClock) -> None:
    script = ScriptedCalls()
    assert [block.rings for block in script.blocks].count(True) == 1
    said = [
        message
        for block in script.blocks
        for message in script.say(block, call=7, seat="1009", household="13800000007", born=1, now=clock.now())
    ]
    text = json.dumps(said)
    assert "a-1795404" not in text
    assert "PJSIP/1001" not in text
    assert {message["Uniqueid"] for message in said if "Uniqueid" in message} == {"pbx-1.14", "pbx-1.15"}
    assert {message["Queue"] for message in said if "Queue" in message} == {"hotline-zh"}


def test_ami_says_both_findings(tmp_path: Path) -> None:
    for name in ("normal-caller-hangs-up", "abandoned-in-queue", "blind-transfer-ami"):
        shutil.copy(FOLDER / f"{name}.jsonl", tmp_path)
    found = [finding.as_json() for finding in ami.run(repetitions=1, stored=1, rounds=1, folder=tmp_path)]
    assert [set(one) >= SHAPE for one in found] == [True, True]
    assert found[0]["journeys_ended"] == 3
    assert all(one["ours"] > 0 and one["floor"] > 0 for one in found)


def test_pop_counts_every_ring() -> None:
    [found] = pop.run(agents=2, seconds=1.0, rates=((0.4, 20.0),))
    shown = found.as_json()
    assert set(shown) >= SHAPE | {"p50_ms", "p95_ms", "p99_ms", "agents", "service_mb", "service_cpu_ms_a_call"}
    assert (shown["count"], shown["calls"], shown["never_shown"]) == (1, 1, 0)


def test_pop_refuses_more_calls_than_agents_can_take() -> None:
    with pytest.raises(BenchFailed, match="agents"):
        pop.run(agents=1, seconds=1.0)


def test_the_menu_benchmark_is_read() -> None:
    measured = {"ours": {"rate": 90.0, "cpu_ms": 2.0}, "floor": {"rate": 100.0, "cpu_ms": 1.0}, "ratio": 0.9}
    assert ivr.finding(measured).as_json()["met"] is True
