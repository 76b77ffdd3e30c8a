"""A process that dies for good: takes a recording up to a point and is killed there by SIGKILL, no Python after it.

`python -m tests.crashes.dying NAME` reads one point a line, `PLACE FATAL FILE` (a database with staff), and forks a
process for each, which opens the file, takes what was before in one batch, then dies in the event's transaction. It
answers each line with the signal that ended that process.
"""

import asyncio
import os
import signal
import sys

from callcenter.foundation.database import Database
from tests.crashes.lives import FaultPoints, new_engine, open_ledger
from tests.crashes.one_recording import event_of
from tests.crashes.pbx_cel import with_cel
from tests.crashes.pbx_truth import stamp
from tests.recorded_calls import messages


def _killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def take_and_die(name: str, place: int, fatal: int, url: str) -> None:
    """Never returns if the event's transaction has that many points."""
    stream = with_cel(messages(name))
    at = next(at for message in stream if (at := stamp(message)))
    ledger = open_ledger(Database(url), stamp(stream[place]) or at)
    engine = new_engine(ledger)
    await engine.load()
    await engine.take([event for message in stream[:place] if (event := event_of(message))])
    event = event_of(stream[place])
    assert event is not None
    with FaultPoints(ledger, fatal, end=_killed).armed():
        await engine.take([event])


def main() -> None:
    for line in sys.stdin:
        place, fatal, url = line.split()
        child = os.fork()
        if child == 0:
            asyncio.run(take_and_die(sys.argv[1], int(place), int(fatal), url))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status), flush=True)


if __name__ == "__main__":
    main()
