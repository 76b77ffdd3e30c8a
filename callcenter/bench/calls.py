"""`bench calls`: the whole path on the real PBX, menu, queue, service and store, with calls that speak beside it.

Households and telephones are SIPp's, without sound; some more households speak (`speech.py`) to telephones that send
back what they hear. The same calls at a PBX without service and voice menu are the floor.
"""

import asyncio
import contextlib
import json
import math
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.bench import sipp
from callcenter.bench.agents import database_file
from callcenter.bench.browsers import desks
from callcenter.bench.errors import BenchFailed
from callcenter.bench.programs import cpu_seconds, free_port, resident_megabytes
from callcenter.bench.report import Extra, Finding, Goal
from callcenter.bench.service import HOST, WRAP_UP_SECONDS, poll, readyz
from callcenter.bench.speech import HOTLINE
from callcenter.bench.whole_system import WholeSystem, whole_system

RATE, SECONDS, CALL_SECONDS, SPEAKERS = 22.0, 600.0, 2.5, 30
FLOOR_SECONDS = 60.0
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


def run(size: Size, say: Say) -> list[Finding]:
    """Three findings: calls that failed, what we cost beside Asterisk, packets that were lost."""
    floor_size = Size(
        rate=size.rate, seconds=min(size.seconds, FLOOR_SECONDS), agents=size.agents, speakers=size.speakers
    )
    floor = measure(floor_size, say, with_us=False)
    ours = measure(size, say, with_us=True)
    return [_failures(size, ours, floor), _cost(ours, floor), _speech(ours, floor)]


def _failures(size: Size, ours: Outcome, floor: Outcome) -> Finding:
    extra: Extra = {
        "calls": ours.calls,
        "calls_per_second": round(ours.calls / ours.seconds, 1),
        "sip_failed": ours.failed,
        "not_answered_by_an_agent": ours.unserved,
        "journeys_lost": ours.lost,
        "journeys_doubled": ours.doubled,
        "journeys_open": ours.still_open,
        "pops": ours.pops,
        "recordings": ours.recordings,
        "sip_sent_again": ours.sent_again,
        "agents": size.agents,
        "floor_calls": floor.calls,
    }
    if ours.complaint:
        extra["first_complaint"] = ours.complaint
    wrong = ours.failed + ours.unserved + ours.lost + ours.doubled + ours.still_open
    return Finding(
        f"whole path, {size.rate:g} calls/s",
        "failed",
        wrong,
        floor.failed,
        "the same calls without us",
        Goal(0, most=True),
        extra,
    )


def _cost(ours: Outcome, floor: Outcome) -> Finding:
    return Finding(
        "whole path, our CPU a call",
        "ms",
        ours.ms("service", "ivr"),
        ours.ms("asterisk"),
        "Asterisk in the same calls",
        Goal(1, most=True, of_ratio=True),
        {
            "service_ms": round(ours.ms("service"), 1),
            "ivr_ms": round(ours.ms("ivr"), 1),
            "asterisk_without_us_ms": round(floor.ms("asterisk"), 1),
            "service_mb": round(ours.megabytes),
        },
    )


def _speech(ours: Outcome, floor: Outcome) -> Finding:
    shown = {name: ours.speech[name] for name in ("calls", "through", "stayed", "packets")}
    return Finding(
        "speech beside it",
        "lost packets",
        ours.speech["lost"] + (ours.speech["calls"] - ours.speech["stayed"]),
        floor.speech["lost"],
        "the same without us",
        Goal(0, most=True),
        {**shown, "floor_packets": floor.speech["packets"]},
    )


def measure(size: Size, say: Say, *, with_us: bool) -> Outcome:
    """One run at a PBX of its own, with or without service and voice menu."""
    telephones = (sipp.TELEPHONES, free_port(sipp.TELEPHONES))
    media = str(free_port(sipp.TELEPHONES) & ~1)
    with tempfile.TemporaryDirectory(prefix="bench-calls-") as name, ExitStack() as running:
        folder = Path(name)
        seats = size.agents + size.speakers
        say(f"calls: starting the PBX{' with service and voice menu' if with_us else ' alone'}, {seats} telephones")
        system = running.enter_context(whole_system(folder, seats, with_us=with_us, telephones=telephones))
        running.enter_context(
            sipp.sipp(folder, "telephones", sipp.telephone(), "-rtp_echo", "-mp", media, "-aa", local=telephones)
        )
        pops = running.enter_context(_desks(system)) if with_us else []
        with _speaking(system, size.speakers) as speech:
            outcome = _short_calls(system, size, say)
        outcome.speech = speech
        outcome.pops = len(pops)
        outcome.recordings = sum(1 for _ in system.pbx.monitor_dir.rglob("*.wav"))
        if with_us:
            outcome.megabytes = resident_megabytes(system.pids()["service"])
            _count_journeys(folder, size, outcome)
        return outcome


def _short_calls(system: WholeSystem, size: Size, say: Say) -> Outcome:
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
    """Wait until the ledger has no open journey but those that speak; how many more stay open."""

    def more() -> int:
        open_now: int = readyz(system.service_port)["open_journeys"]
        return open_now - size.speakers

    with contextlib.suppress(BenchFailed):
        poll("no short call is open in the ledger", lambda: more() <= 0, DRAIN_SECONDS)
    return max(0, more())


@contextmanager
def _speaking(system: WholeSystem, speakers: int) -> Iterator[dict[str, int]]:
    """So many speaking calls for as long as the block lasts; afterwards the sums are in what was yielded."""
    sums: dict[str, int] = {"calls": 0, "through": 0, "stayed": 0, "packets": 0, "lost": 0}
    if not speakers:
        yield sums
        return
    key = "1" if system.ivr else ""
    words = [sys.executable, "-m", "callcenter.bench.speech", system.sip[0], str(system.sip[1]), str(speakers), key]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "up\n":
                raise BenchFailed("the speaking households did not get through")
            yield sums
            process.stdin.close()
            sums.update(json.loads(process.stdout.readline()))
        finally:
            process.terminate()


@contextmanager
def _desks(system: WholeSystem) -> Iterator[list[str]]:
    """Every seat's browser, in a loop of its own; the seats that were shown a pop, in that order."""
    pops: list[str] = []
    ready, over = threading.Event(), threading.Event()
    failure: list[BaseException] = []

    async def hold() -> None:
        async with desks((HOST, system.service_port), system.cookies, lambda seat, _: pops.append(seat)):
            ready.set()
            await asyncio.to_thread(over.wait)

    def work() -> None:
        try:
            asyncio.run(hold())
        except BaseException as error:
            failure.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        ready.wait()
        if failure:
            raise BenchFailed(f"the desks did not open: {failure[0]}")
        yield pops
    finally:
        over.set()
        thread.join()


def _count_journeys(folder: Path, size: Size, outcome: Outcome) -> None:
    """Each household rang once: one journey each, and an agent in it."""
    with closing(sqlite3.connect(database_file(folder))) as database:
        rows = database.execute(
            "SELECT number, count(*), sum(outcome = 'answered') FROM journeys"
            " WHERE number LIKE '+86138%' GROUP BY number"
        ).fetchall()
    outcome.lost = max(0, size.calls - outcome.failed - len(rows))
    outcome.doubled = sum(count - 1 for _, count, _ in rows)
    outcome.unserved = sum(not answered for _, _, answered in rows)
