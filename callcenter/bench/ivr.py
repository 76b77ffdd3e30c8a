"""`bench ivr`: the voice menu's own benchmark, run as a program: `ivr` and `callcenter` meet over HTTP only."""

import json
import subprocess
import sys

from callcenter.bench.errors import BenchFailed
from callcenter.bench.report import Finding, Goal

MOST_SECONDS = 120.0


def run() -> list[Finding]:
    done = subprocess.run(
        [sys.executable, "-m", "ivr.bench", "--json"],
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise BenchFailed(f"the voice menu's benchmark failed: {done.stderr.strip()[-300:]}")
    return [finding(json.loads(done.stdout))]


def finding(measured: dict[str, dict[str, float]]) -> Finding:
    ours, floor = measured["ours"], measured["floor"]
    return Finding(
        "voice menu, 10 commands",
        "sessions/s",
        ours["rate"],
        floor["rate"],
        "bare threaded pyst2",
        Goal(0.8, of_ratio=True),
        {"cpu_ms": round(ours["cpu_ms"], 2), "floor_cpu_ms": round(floor["cpu_ms"], 2)},
    )
