"""Crash enumeration: the process dies after every event and inside every transaction of every recording.

Equal ledgers means every row and value of `tests.crashes.books`; a difference passes only if the sole carrier of that
value was an event that nobody heard and that neither the PBX's lists nor its CEL file hold, or if the ledger marks
the time as an estimate. The table of these allowances is `tests.crashes.allowed`; points that needed one are counted.
CEL rows are those that the PBX of a recording wrote or would have written (`tests.crashes.pbx_cel`); no queue_log.
Not killed: recovery's own transactions, and batches of several events.
"""

import logging
import os
import random
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import structlog

from tests.crashes.one_recording import Verdict, everything, make_template, prove_recording, some
from tests.recorded_calls import NAMES

ENOUGH = 10_000
PROCESSES = 2


@dataclass
class CrashResult:
    """What came of it. `kinds`: points by kind; `allowed`: points that needed an allowance, by allowance."""

    points: int = 0
    recordings: int = 0
    seconds: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    allowed: dict[str, int] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)
    """One line for each point whose ledger was another one."""

    def add(self, verdict: Verdict) -> None:
        self.points += verdict.points
        self.recordings += 1
        self.different += verdict.different
        for counted, into in ((verdict.kinds, self.kinds), (verdict.allowed, self.allowed)):
            for name, count in counted.items():
                into[name] = into.get(name, 0) + count


def prove(scale: float, rng: random.Random) -> CrashResult:
    """Every point of every recording at scale 1; below, that share of them, by dice. Two processes, on a tmpfs."""
    result, begun = CrashResult(), time.monotonic()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="crash-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        template = make_template(Path(folder) / "template.db")
        jobs = [(name, Path(folder) / name, template, min(scale, 1.0), rng.randrange(2**32)) for name in NAMES]
        with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
            for verdict in pool.map(_one, sorted(jobs, key=_longest_first)):
                result.add(verdict)
    result.seconds = time.monotonic() - begun
    return result


def _longest_first(job: tuple[str, Path, Path, float, int]) -> int:
    return -(Path(__file__).parent.parent / "transcripts" / "ami" / f"{job[0]}.jsonl").stat().st_size


def _one(job: tuple[str, Path, Path, float, int]) -> Verdict:
    name, folder, template, share, seed = job
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return prove_recording(name, folder, template, everything if share >= 1 else some(share, seed), seed)


def main() -> None:
    """By hand: `python -m tests.prove.crash_points [SCALE] [SEED]`."""
    import json
    import sys

    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    result = prove(scale, random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1))
    print(json.dumps({**result.__dict__, "different": result.different[:50], "n": len(result.different)}, indent=1))


if __name__ == "__main__":
    main()
