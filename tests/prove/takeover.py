"""How long the exchange has no owner: `python -m tests.prove.takeover [ROUNDS]`.

Two processes of the service on a PostgreSQL, an exchange that we play with one waiting caller. The owner is killed
(SIGKILL) or frozen (SIGSTOP); the time runs until the other one owns the exchange and has the whole picture. Prints
each kind's median and worst; exit 1 if one took longer than 5 s or a call was lost or doubled.
"""

import asyncio
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from callcenter.calls.models import JourneyRow
from callcenter.foundation import schema
from tests.integration.conftest import until
from tests.integration.processes.conftest import Centre, Process, opened_centre
from tests.integration.telephony.test_recovery import ENTRY, WAITING
from tests.postgres import running_postgres

MOST_SECONDS = 5.0


async def _taken_over(centre: Centre, owner: Process, other: Process, how: signal.Signals) -> float:
    begun = time.perf_counter()
    owner.signal(how)

    async def right() -> bool:
        told = await other.health()
        return bool(told) and told["ami"]["owned_here"] and told["ami"]["ok"] and told["open_journeys"] == 1

    await until(right, "the other one has the whole picture", 60)
    return time.perf_counter() - begun


async def _rounds(url: str, folder: Path, rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {"killed": [], "frozen": []}
    async with opened_centre(url, folder) as centre:
        centre.ami.picture.channels, centre.ami.picture.entries = [WAITING], [ENTRY]
        owner, other = await centre.pair()
        for n in range(2 * rounds):
            kind, how = [("killed", signal.SIGKILL), ("frozen", signal.SIGSTOP)][n % 2]
            seconds = await _taken_over(centre, owner, other, how)
            taken[kind].append(seconds)
            print(f"{kind}: {seconds:.2f} s", file=sys.stderr, flush=True)
            owner.kill()
            owner, other = await centre.owner([other, await centre.start()])
        async with centre.ledger.reading() as session:
            journeys = await session.scalar(select(func.count()).select_from(JourneyRow))
        assert journeys == 1, f"one call became {journeys} journeys"
    return taken


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with running_postgres() as url, tempfile.TemporaryDirectory(prefix="takeover-") as folder:
        schema.upgrade(url)
        taken = asyncio.run(_rounds(url, Path(folder), rounds))
    for kind, seconds in taken.items():
        median, worst = statistics.median(seconds), max(seconds)
        print(f"owner {kind}: {len(seconds)} rounds, median {median:.2f} s, worst {worst:.2f} s")
    return 1 if max(s for seconds in taken.values() for s in seconds) > MOST_SECONDS else 0


if __name__ == "__main__":
    sys.exit(main())
