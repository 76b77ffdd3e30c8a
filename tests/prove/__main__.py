"""`python -m tests.prove`: the acceptance volumes. Writes tests/PROOF.md; exit 1 if anything is to complain of.

PROVE_SCALE (default 1): 0.1 = a tenth of the rounds, calls and rows. PROVE_SEED: random numbers of an earlier run.
PROVE_ONLY: faults,calls,lists (any of them).
"""

import asyncio
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.prove import faults, long_lists, many_calls, proof
from tests.prove.centre import Centre, start_centre
from tests.prove.proof import Proof

ROUNDS, CALLS, JOURNEYS, ORDERS = 20, 200, 10_000, 100_000


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def _attempt(found: Proof, what: str, work: Callable[[], None]) -> None:
    """A section that fails is a complaint, and the others still run."""
    _say(what)
    try:
        work()
    except Exception as error:
        traceback.print_exc()
        found.failures.append(f"{what}: not run to its end ({type(error).__name__}: {str(error)[:200]})")


def main() -> int:
    os.nice(10)
    scale = float(os.environ.get("PROVE_SCALE", "1"))
    seed = int(os.environ.get("PROVE_SEED", str(random.randrange(1_000_000))))
    wanted = os.environ.get("PROVE_ONLY", "faults,calls,lists").split(",")
    rng = random.Random(seed)
    found = Proof(scale, datetime.now(UTC), seed)
    with tempfile.TemporaryDirectory(prefix="prove-") as folder:
        _say("starting the whole system")
        centre = start_centre(Path(folder))
        found.asterisk = centre.stack.pbx.version
        try:
            _sections(found, centre, scale, rng, wanted)
        finally:
            centre.stop()
    proof.write(found)
    for complaint in found.complaints:
        _say(f"COMPLAINT {complaint}")
    _say(f"written: {proof.FILE.name}, {len(found.complaints)} complaints")
    return 1 if found.complaints else 0


def _sections(found: Proof, centre: Centre, scale: float, rng: random.Random, wanted: list[str]) -> None:
    def many() -> None:
        found.many = asyncio.run(many_calls.prove(centre, max(5, round(CALLS * scale)), rng))

    def lists() -> None:
        found.lists = long_lists.prove(centre, journeys=round(JOURNEYS * scale), orders=round(ORDERS * scale))

    if "calls" in wanted:
        _attempt(found, "many calls", many)
    for name in faults.FAULTS if "faults" in wanted else ():
        _attempt(found, name, lambda name=name: _fault(found, centre, name, scale, rng))  # type: ignore[misc]
    if "lists" in wanted:
        _attempt(found, "long lists", lists)


def _fault(found: Proof, centre: Centre, name: str, scale: float, rng: random.Random) -> None:
    result = faults.FaultResult(name)
    found.faults.append(result)
    asyncio.run(faults.prove(centre, result, max(1, round(ROUNDS * scale)), rng))


if __name__ == "__main__":
    sys.exit(main())
