"""The short calls of `bench calls`: SIPp dials them, and what the ledger made of them is counted."""

import contextlib
import math
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.bench import sipp
from callcenter.bench.agents import database_file
from callcenter.bench.errors import BenchFailed
from callcenter.bench.programs import cpu_seconds, free_port
from callcenter.bench.service import WRAP_UP_SECONDS, poll, readyz
from callcenter.bench.speech import HOTLINE
from callcenter.bench.whole_system import WholeSystem

RATE, SECONDS, CALL_SECONDS, SPEAKERS = 22.0, 600.0, 2.5, 30
ALONE_SECONDS = 10.0
"""How long the speaking calls are alone at most, to know what they cost."""
DRAIN_SECONDS = 60.0
TELL_EVERY = 10.0
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Size:
    """`agents` beside those who talk to the speaking households all the time."""

    rate: float = RATE
    seconds: float = SECONDS
    agents: int = 0
    speakers: int = SPEAKERS

    @property
    def calls(self) -> int:
        return max(1, round(self.rate * self.seconds))


def agents_for(rate: float) -> int:
    """Enough that one is free at each moment: a call, its wrap-up, and half as much again."""
    return math.ceil(1.5 * rate * (CALL_SECONDS + WRAP_UP_SECONDS + 0.5))


@dataclass(slots=True)
class Outcome:
    """What came of the calls, and what they cost in CPU seconds by part."""

    calls: int
    failed: int = 0
    sent_again: int = 0
    unserved: int = 0
    lost: int = 0
    doubled: int = 0
    still_open: int = 0
    pops: int = 0
    recordings: int = 0
    megabytes: float = 0.0
    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    speech: dict[str, int] = field(default_factory=dict)
    complaint: str = ""

    def ms(self, *parts: str) -> float:
        """CPU milliseconds a call."""
        return 1000 * sum(self.cpu[part] for part in parts) / self.calls


def dial(system: WholeSystem, size: Size, say: Say) -> Outcome:
    """Dial all of them, and wait until they are over in the ledger, too."""
    alone = min(ALONE_SECONDS, size.seconds / 6)
    before = _cpu(system)
    time.sleep(alone)
    speaking = (_cpu(system)["asterisk"] - before["asterisk"]) / alone
    numbers = [f"138{n:08d}" for n in range(size.calls)]
    callers = sipp.callers_file(system.folder, numbers)
    address = (sipp.HOUSEHOLDS, free_port(sipp.HOUSEHOLDS))
    before, began = _cpu(system), time.monotonic()
    with sipp.sipp(
        system.folder,
        "households",
        sipp.household(CALL_SECONDS),
        *("-inf", str(callers), "-s", HOTLINE, "-m", str(size.calls), "-l", str(size.calls)),
        *("-r", str(round(100 * size.rate)), "-rp", "100000", f"{system.sip[0]}:{system.sip[1]}"),
        local=address,
    ) as process:
        _tell(process, system.folder, size, say)
        seconds = time.monotonic() - began
    outcome = Outcome(size.calls, seconds=max(1.0, seconds - CALL_SECONDS))
    if system.service is not None:
        outcome.still_open = _drain(system, size)
    spent = _cpu(system)
    outcome.cpu = {name: spent[name] - before[name] for name in spent}
    outcome.cpu["asterisk"] -= speaking * (time.monotonic() - began)
    counted = sipp.counts(system.folder, "households")
    outcome.failed, outcome.sent_again = size.calls - counted["succeeded"], counted["sent_again"]
    if outcome.failed:
        outcome.complaint = sipp.first_errors(system.folder, "households")
    return outcome


def _cpu(system: WholeSystem) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in system.pids().items()}


def _tell(process: subprocess.Popen[bytes], folder: Path, size: Size, say: Say) -> None:
    """Wait for SIPp's end, and say how far it is. BenchFailed if it does not come to one."""
    deadline = time.monotonic() + size.seconds + DRAIN_SECONDS
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TELL_EVERY)
            return
        done = sipp.counts(folder, "households")
        say(f"calls: {done['begun']} of {size.calls} begun, {done['succeeded']} done, {done['failed']} failed")
        if time.monotonic() > deadline:
            raise BenchFailed("the calls did not come to an end")


def _drain(system: WholeSystem, size: Size) -> int:
    """Wait until the ledger has all these calls, ended, however far behind the service is; how many stay open.

    Given up when nothing more has come to its end for a while: what is not there then will not come.
    """

    def more() -> int:
        open_now: int = readyz(system.service_port)["open_journeys"]
        return open_now - size.speakers

    def is_over() -> bool:
        return more() <= 0 and _ended(system.folder) >= size.calls

    def wait_for_one_more() -> None:
        before = _ended(system.folder)
        poll(
            "one more call is over in the ledger", lambda: _ended(system.folder) > before or is_over(), DRAIN_SECONDS
        )

    with contextlib.suppress(BenchFailed):
        while not is_over():
            wait_for_one_more()
    return max(0, more())


def _ended(folder: Path) -> int:
    with closing(sqlite3.connect(database_file(folder))) as database:
        found: int = database.execute(
            "SELECT count(*) FROM journeys WHERE number LIKE '+86138%' AND ended_at IS NOT NULL"
        ).fetchone()[0]
    return found


def count_journeys(folder: Path, size: Size, outcome: Outcome) -> None:
    """Each household rang once: one journey each, and an agent in it."""
    with closing(sqlite3.connect(database_file(folder))) as database:
        rows = database.execute(
            "SELECT number, count(*), sum(outcome = 'answered') FROM journeys"
            " WHERE number LIKE '+86138%' GROUP BY number"
        ).fetchall()
    outcome.lost = max(0, size.calls - outcome.failed - len(rows))
    outcome.doubled = sum(count - 1 for _, count, _ in rows)
    outcome.unserved = sum(not answered for _, _, answered in rows)
