"""Rounds are played in processes of their own, several whole centres beside one another.

`python -m tests.prove.jobs SPEC` is such a process: it plays the rounds of one fault and writes what came of them.
"""

import asyncio
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tests.prove.centre import running_centre
from tests.prove.faults import FAULTS, QUICK_NAME, fault_of
from tests.prove.history import WITHIN
from tests.prove.rounds import Round, play
from tests.prove.standstills import watched

ROOT = Path(__file__).resolve().parents[2]
ROUNDS_A_CENTRE = 5
MOST_SECONDS = 1800


@dataclass(frozen=True)
class Job:
    """`within`: seconds by which the ledger may differ from the SIP side's log."""

    fault: str
    rounds: tuple[int, ...]
    seed: int
    within: float = WITHIN


def jobs_of(faults: Iterable[str], rounds: int, seed: int) -> list[Job]:
    """Portions of a few rounds, each for a fresh centre."""
    portions = [range(a, min(a + ROUNDS_A_CENTRE, rounds)) for a in range(0, rounds, ROUNDS_A_CENTRE)]
    return [Job(fault, tuple(portion), seed) for portion in portions for fault in faults]


def run_all(jobs: Iterable[Job], at_once: int, on_done: Callable[[Job, list[dict[str, Any]]], None]) -> None:
    """Each job's rounds as JSON, in the order in which they end."""

    def one(job: Job) -> None:
        on_done(job, run(job))

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, jobs))


def run(job: Job) -> list[dict[str, Any]]:
    """Play it in a process of its own. A job that fails is a round with a complaint, not an end of the proof."""
    folder = Path(tempfile.mkdtemp(prefix=f"prove-{job.fault}-"))
    out = folder / "out.json"
    spec = json.dumps({**dataclasses.asdict(job), "folder": str(folder)})
    keep = os.environ.get("PROVE_KEEP")
    try:
        with (folder / "job.log").open("wb") as log:
            program = [sys.executable, "-m", "tests.prove.jobs", spec]
            process = subprocess.Popen(program, cwd=ROOT, stdout=log, stderr=log)
            _wait(process)
        words = (folder / "job.log").read_text("utf-8", "replace").strip().splitlines()
        found = json.loads(out.read_text()) if out.is_file() else []
        if len(found) < len(job.rounds):
            broken = Round(
                job.rounds[len(found)], lost=[f"the round did not come to its end: {' / '.join(words[-2:])}"]
            )
            found.append(dataclasses.asdict(broken))
        return list(found)
    finally:
        if keep:
            shutil.copytree(folder, Path(keep) / folder.name, ignore_dangling_symlinks=True, symlinks=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes]) -> None:
    """At most so long; then it is asked to end, and so stops its centre."""
    for seconds, end in ((MOST_SECONDS, process.terminate), (60, process.kill)):
        try:
            process.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            end()
        except BaseException:  # Ctrl-C: nothing of ours is to be left running
            process.terminate()
            process.wait(60)
            raise
    process.wait()


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(f"ended by signal {number}")


def main(spec: dict[str, Any]) -> None:
    folder, name = Path(spec["folder"]), spec["fault"]
    first = fault_of(name, spec["rounds"][0])
    index = 99 if name == QUICK_NAME else list(FAULTS).index(name)
    found: list[dict[str, Any]] = []
    centre_of_job = running_centre(folder / "centre", postgresql=first.postgresql, clock=first.clock)
    with watched() as still, centre_of_job as centre:
        for n in spec["rounds"]:
            seed = f"{spec['seed']}:{name}:{n}"
            try:
                work = play(centre, fault_of(name, n), index, n, seed, within=spec.get("within", WITHIN), still=still)
                result = asyncio.run(work)
            except Exception as error:
                traceback.print_exc()
                result = Round(n, lost=[f"the round broke off ({type(error).__name__}: {str(error)[:200]})"])
            print(json.dumps(dataclasses.asdict(result), ensure_ascii=False), flush=True)
            found.append(dataclasses.asdict(result))
            (folder / "out.json").write_text(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    main(json.loads(sys.argv[1]))
