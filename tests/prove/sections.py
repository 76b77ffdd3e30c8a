"""The sections of the proof: what each runs, in centres of its own, and the figures it leaves."""

import asyncio
import dataclasses
import importlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.prove import jobs, long_lists, many_calls, seventy
from tests.prove.centre import Centre, running_centre
from tests.prove.faults import FAULTS
from tests.prove.proof import Figures

ROUNDS, CALLS, ROWS = 20, 200, 1_000_000
BENCHES = ("pop", "intake", "calls", "ivr", "wall", "requests")
BENCH_SECONDS = 1800


@dataclass(frozen=True)
class Setting:
    """How much, from which seed, how many centres at once; `say` tells people how far it is."""

    scale: float
    seed: int
    at_once: int
    say: Callable[[str], None]

    def rng(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}:{name}")


@contextmanager
def _centre() -> Iterator[Centre]:
    with tempfile.TemporaryDirectory(prefix="prove-") as folder, running_centre(Path(folder) / "centre") as centre:
        yield centre


def faults(setting: Setting, keep: Callable[[str, Figures], None]) -> None:
    """Each fault's figures are kept by themselves, so that a long proof can be made in pieces (PROVE_FAULTS)."""
    wanted = [name for name in os.environ.get("PROVE_FAULTS", ",".join(FAULTS)).split(",") if name]
    rounds = max(1, round(ROUNDS * setting.scale))
    played: dict[str, list[dict[str, Any]]] = {name: [] for name in wanted}

    def done(job: jobs.Job, found: list[dict[str, Any]]) -> None:
        played[job.fault] += found
        complaints = [
            text for one in found for kind in ("lost", "doubled", "ghosts", "differences") for text in one[kind]
        ]
        setting.say(
            f"{job.fault}: {len(played[job.fault])} of {rounds} rounds" + "".join(f"; {c}" for c in complaints)
        )
        if len(played[job.fault]) >= rounds:
            keep(f"fault-{job.fault}", {"rounds": sorted(played[job.fault], key=lambda one: one["n"])})

    jobs.run_all(jobs.jobs_of(wanted, rounds, setting.seed), setting.at_once, done)
    for name, found in played.items():
        if len(found) < rounds:
            keep(f"fault-{name}", {"rounds": sorted(found, key=lambda one: one["n"])})


def in_a_row_and_at_once(setting: Setting, keep: Callable[[str, Figures], None]) -> None:
    with _centre() as centre:
        found = asyncio.run(seventy.prove(centre, setting.scale, setting.rng("seventy")))
    keep("seventy", {**dataclasses.asdict(found), "complaints": found.complaints})


def calls(setting: Setting, keep: Callable[[str, Figures], None]) -> None:
    with _centre() as centre:
        found = asyncio.run(many_calls.prove(centre, max(5, round(CALLS * setting.scale)), setting.rng("calls")))
    keep("calls", {**dataclasses.asdict(found), "complaints": found.complaints})


def lists(setting: Setting, keep: Callable[[str, Figures], None]) -> None:
    found = long_lists.prove(rows=round(ROWS * setting.scale), say=setting.say)
    keep("lists", {"lists": [dataclasses.asdict(one) for one in found]})


def crash(setting: Setting, keep: Callable[[str, Figures], None]) -> None:
    points = importlib.import_module("tests.prove.crash_points")
    keep("crash", dataclasses.asdict(points.prove(setting.scale, setting.rng("crash"))))


def hostile(setting: Setting, keep: Callable[[str, Figures], None]) -> None:
    """On parts of its own; what it imports is needed by nobody else."""
    section = importlib.import_module("tests.prove.hostile")
    keep("hostile", dataclasses.asdict(section.prove(setting.scale, setting.rng("hostile"))))


def bench(setting: Setting, keep: Callable[[str, Figures], None]) -> None:
    """Each by its command, as people run it; one that fails is a complaint and the others still run."""
    wanted = os.environ.get("PROVE_BENCHES", ",".join(BENCHES)).split(",")
    for name in wanted:
        setting.say(f"bench {name}")
        done = subprocess.run(
            [sys.executable, "-m", "callcenter", "bench", name, "--json"],
            capture_output=True,
            text=True,
            timeout=BENCH_SECONDS,
            check=False,
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            keep(f"bench-{name}", {"findings": [], "complaints": [f"bench {name}: {' '.join(last)[:200]}"]})
        else:
            keep(f"bench-{name}", json.loads(done.stdout))


SECTIONS: dict[str, Callable[[Setting, Callable[[str, Figures], None]], None]] = {
    "seventy": in_a_row_and_at_once,
    "faults": faults,
    "calls": calls,
    "crash": crash,
    "lists": lists,
    "hostile": hostile,
    "bench": bench,
}
