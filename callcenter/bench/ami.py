"""`bench ami`: what the PBX says, taken in by us and by bare panoramisk; then the same with the store behind it."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from callcenter.bench import bare_panoramisk
from callcenter.bench.agents import fresh_ledger, make_agents
from callcenter.bench.pouring import LAST, Pouring
from callcenter.bench.recordings import FOLDER, all_events
from callcenter.bench.report import Finding, Goal
from callcenter.calls.consequences import Consequences
from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineEvent
from callcenter.calls.pbx_events import FenceReached
from callcenter.calls.switchboard import Switchboard
from callcenter.foundation.clock import SystemClock
from callcenter.telephony import ami_events
from callcenter.telephony.ami_client import AmiAddress, AmiClient, Message
from callcenter.telephony.inbox import BATCH, Inbox

PBX = "a"
REPETITIONS, STORED_REPETITIONS, ROUNDS = 5, 2, 3


def _is_last(event: LineEvent) -> bool:
    return isinstance(event, FenceReached) and event.run == LAST


async def _hear(stream: bytes, take: Callable[[LineEvent], None]) -> None:
    """Connect as the service does and hand on what is translated, up to the fence."""
    over, clock = asyncio.Event(), SystemClock()

    def hear(message: Message) -> None:
        event = ami_events.translate(message, PBX, clock.now())
        if event is None:
            return
        take(event)
        if _is_last(event):
            over.set()

    with Pouring(stream) as port:
        client = AmiClient(AmiAddress("127.0.0.1", port, "bench", "bench"), hear)
        await client.connect()
        await asyncio.wait_for(over.wait(), 60)
        client.close()


async def our_intake(stream: bytes) -> tuple[int, float]:
    """(journeys that ended, seconds of CPU): translation and the switchboard, no database."""
    board = Switchboard(PBX)
    ended = 0
    began = 0.0

    def take(event: LineEvent) -> None:
        nonlocal ended, began
        began = began or time.thread_time()
        ended += sum(not change.journey.is_open for change in board.apply(event) if change.facts)

    await _hear(stream, take)
    return ended, time.thread_time() - began


async def our_store(stream: bytes, folder: Path) -> tuple[float, float, int]:
    """(seconds, seconds of CPU, batches) of the engine with SQLite behind it, each batch one durable transaction."""
    ledger = fresh_ledger(folder)
    await make_agents(ledger, 6)
    rules = Consequences(wrap_up=timedelta(seconds=90), lost_caller_within=timedelta(minutes=30))
    engine = CallEngine(ledger, PBX, rules, area_code="0991")
    inbox = Inbox(most=10_000_000)
    batches, last = 0, False
    began, cpu = time.perf_counter(), time.process_time()

    async def consume() -> None:
        nonlocal batches, last
        while not last:
            await inbox.wait()
            batch = inbox.take()
            batches += 1
            await engine.take(batch)
            last = any(_is_last(event) for event in batch)

    consumer = asyncio.create_task(consume())
    await _hear(stream, inbox.put)
    await consumer
    spent = time.perf_counter() - began, time.process_time() - cpu, batches
    await ledger.database.close()
    return spent


def commit_seconds(folder: Path, times: int = 200) -> float:
    """One row in one durable transaction (synchronous=FULL), the median: what no store can go below."""
    spent = []
    with closing(sqlite3.connect(folder / "floor.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS rows (n INTEGER, text TEXT)")
        for n in range(times):
            began = time.perf_counter()
            database.execute("INSERT INTO rows VALUES (?, ?)", (n, "x" * 500))
            spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def run(
    *,
    repetitions: int = REPETITIONS,
    stored: int = STORED_REPETITIONS,
    rounds: int = ROUNDS,
    folder: Path = FOLDER,
) -> list[Finding]:
    """Both findings over the recordings in `folder`; rounds are taken by turns, medians count."""
    stream, events = all_events(repetitions, folder)
    ours, bare, ended = [], [], 0
    for _ in range(rounds):
        ended, seconds = asyncio.run(our_intake(stream))
        ours.append(events / seconds)
        bare.append(events / asyncio.run(bare_panoramisk.measure(stream))[1])
    intake = Finding(
        "AMI intake",
        "events/s CPU",
        statistics.median(ours),
        statistics.median(bare),
        "bare panoramisk, one callback",
        Goal(0.6, of_ratio=True),
        {"events": events, "journeys_ended": ended, "rounds": rounds},
    )
    return [intake, _with_store(*all_events(stored, folder), statistics.median(bare))]


def _with_store(stream: bytes, events: int, bare: float) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        seconds, cpu, batches = asyncio.run(our_store(stream, Path(folder)))
        commit = commit_seconds(Path(folder))
    return Finding(
        "AMI intake with the store",
        "events/s",
        events / seconds,
        events / (events / bare + batches * commit),
        "bare panoramisk + one commit a batch",
        Goal(2000),
        {
            "events": events,
            "events_per_cpu_second": round(events / cpu),
            "batches": batches,
            "most_in_a_batch": BATCH,
            "commit_ms": round(1000 * commit, 2),
        },
    )
