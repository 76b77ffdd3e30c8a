"""The crashes of one recording: die at a point, start again as the service does, hear the rest, compare ledgers."""

import asyncio
import copy
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile
from pathlib import Path

import sqlalchemy

from callcenter.agents import seats
from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineEvent
from callcenter.calls.models import CelBookmark
from callcenter.foundation.database import Database
from callcenter.foundation.schema import load_models
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.ami_events import translate
from tests.crashes import books
from tests.crashes.allowed import judge
from tests.crashes.lives import (
    PBX,
    FaultPoints,
    Killed,
    copied,
    life,
    new_engine,
    open_files,
    open_ledger,
    quick_lives,
)
from tests.crashes.pbx_cel import is_row, with_cel, with_words
from tests.crashes.pbx_truth import Message, PbxTruth, stamp
from tests.recorded_calls import is_seen_by_least_rights, messages

SEATS = ("1001", "1002", "1003")
AFTER_ALL = timedelta(seconds=25)
#: How long the service is away, by the PBX's clock: restarted at once, or while so much went on unheard.
GAPS = (timedelta(seconds=0.05), timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=10))
#: How many messages come between the new connection and the lists; below 0: before the PBX's files are read.
EARLY = (0, 0, 3, -5)


@dataclass(frozen=True)
class Point:
    """`place`: index of the message that is being dealt with; `fatal`: its fault point, None: after it."""

    place: int
    fatal: int | None = None
    gap: timedelta = timedelta(0)
    early: int = 0


@dataclass(frozen=True)
class Alive:
    """The process at one message: its ledger, its memory before, its database before and after, and the PBX."""

    ledger: Ledger
    memory: CallEngine
    before: Path
    after: Path
    truth: PbxTruth


@dataclass
class Verdict:
    """What came of the points of one recording."""

    name: str
    kinds: dict[str, int] = field(default_factory=dict)
    allowed: dict[str, int] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)

    @property
    def points(self) -> int:
        return sum(self.kinds.values())


def make_template(path: Path) -> Path:
    """An empty SQLite file with all tables."""
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    load_models().create_all(engine)
    engine.dispose()
    return path


async def staff(ledger: Ledger) -> None:
    """Three agents with telephones, and a bookmark: this PBX's CEL file was read before."""
    async with ledger.transaction() as tx:
        await seats.add_queue(tx, name="hotline-zh", label="hotline-zh", language="zh")
        for number in SEATS:
            await seats.add_agent(tx, number=number, name=number, user_id=None, queues={"hotline-zh": 0})
        tx.session.add(CelBookmark(pbx=PBX, inode="1", offset=0, at=tx.now))


def event_of(message: Message) -> LineEvent | None:
    return translate(message, PBX) if is_seen_by_least_rights(message) else None


Choice = Callable[[list[Point]], Iterable[Point]]


class Recording:
    """One recording in a folder of its own (a tmpfs, if it is to be quick)."""

    def __init__(self, name: str, folder: Path, template: Path) -> None:
        self.name = name
        self.stream = with_cel(with_words(messages(name)))
        self._folder = folder
        self._template = template
        self.begin = next(at for message in self.stream if (at := stamp(message)))
        self._path = folder / "crash.db"
        self._database = Database(_url(self._path))

    def _put(self, like: Path) -> None:
        """The database as it was at that moment; nobody may have it open."""
        for suffix in ("", "-wal", "-shm"):  # a new inode: SQLite keeps locks of one file together in a process
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(like, self._path)

    @staticmethod
    def _snapshot(path: Path, to: Path) -> Path:
        with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(to)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode=WAL")
        return to

    # ---- the uninterrupted run ----

    async def uninterrupted(self) -> books.Book:
        """What the ledger holds if nobody dies."""
        self._put(self._template)
        ledger = open_ledger(self._database, self.begin)
        await staff(ledger)
        return await self._to_the_end(ledger, PbxTruth(), self.stream, 0)

    async def _to_the_end(self, ledger: Ledger, truth: PbxTruth, rest: Sequence[Message], soon: int) -> books.Book:
        """A start of the service, the rest of the recording, a last look; the ledger is closed then."""
        cel_file = self._folder / "Master.csv"
        cel_file.write_text("".join(truth.cel), "utf-8")
        early, at_once = rest[: abs(soon)], soon < 0
        try:
            async with life(
                ledger, truth, cel_file=cel_file, early=early, at_once=at_once, seen=is_seen_by_least_rights
            ) as running:
                await running.hear(rest[len(early) :], is_seen_by_least_rights)
                cel_file.write_text("".join(truth.cel), "utf-8")
                if running.engine.open_count:
                    await running.looks_again(AFTER_ALL)
                assert running.engine.open_count == 0, "a ghost is left"
                assert running.engine.set_aside == 0, "a journey was set aside"
            async with ledger.reading() as session:
                return await books.read(session)
        finally:
            await ledger.database.close()

    # ---- the crashes ----

    async def prove(self, chosen: Choice, rng: random.Random) -> Verdict:
        """Die at the chosen points of each event and compare."""
        verdict = Verdict(self.name)
        expected = await self.uninterrupted()
        path = self._folder / "alive.db"
        shutil.copyfile(self._template, path)
        ledger = open_ledger(Database(_url(path)), self.begin)
        await staff(ledger)
        engine = new_engine(ledger)
        await engine.load()
        truth = PbxTruth()
        for place, message in enumerate(self.stream):
            truth.hear(message)
            event = event_of(message)
            if event is None:
                continue
            ledger.clock.at = truth.now  # type: ignore[attr-defined]
            before = self._snapshot(path, self._folder / "before.db")
            memory = copied(engine, ledger, ledger)
            with FaultPoints(ledger).armed() as points:
                await engine.take([event])
            possible = [Point(place, n, early=rng.choice(EARLY)) for n in range(len(points.seen))]
            possible += [Point(place), *(Point(place, gap=gap) for gap in GAPS)]
            wanted = list(chosen(possible))
            after = self._snapshot(path, self._folder / "after.db") if wanted else before
            for point in wanted:
                kind = "after an event" if point.fatal is None else points.seen[point.fatal]
                kind = kind if not point.gap else "after an event, then away"
                verdict.kinds[kind] = verdict.kinds.get(kind, 0) + 1
                alive = Alive(ledger, memory, before, after, copy.deepcopy(truth))
                await self._crash(point, event, alive, expected, verdict)
        await ledger.database.close()
        return verdict

    async def _crash(
        self,
        point: Point,
        event: LineEvent,
        alive: Alive,
        expected: books.Book,
        verdict: Verdict,
    ) -> None:
        truth = alive.truth
        began = truth.now
        self._put(alive.after if point.fatal is None else alive.before)
        if point.fatal is not None:
            ledger = open_ledger(self._database, truth.now)
            await die(ledger, copied(alive.memory, alive.ledger, ledger), event, point.fatal)
        try:
            found, lost = await self.recovered(self._database, point, truth)
        except Exception as error:
            verdict.different.append(
                f"{self.name} {point} {type(event).__name__}: {type(error).__name__} {error}"[:300]
            )
            return
        ruling = judge(expected, found, lost, began=began, back=began + point.gap)
        for reason in ruling.used:
            verdict.allowed[reason] = verdict.allowed.get(reason, 0) + 1
        if ruling.unexplained:
            shown = "; ".join(map(str, ruling.unexplained[:6]))
            verdict.different.append(f"{self.name} {point} {type(event).__name__}: {shown}")

    async def recovered(
        self, database: Database, point: Point, truth: PbxTruth
    ) -> tuple[books.Book, list[LineEvent]]:
        """Start again after that point; the ledger in the end, and what nobody heard. Runs in a quick_lives block."""
        rest = self.stream[point.place + 1 :]
        back_at = truth.now + point.gap
        away = 0
        while point.gap and away < len(rest) and (stamp(rest[away]) or truth.now) <= back_at:
            truth.hear(rest[away])
            away += 1
        dying = [self.stream[point.place]] if point.fatal is not None else []
        lost = [event for message in (*dying, *rest[:away]) if (event := event_of(message))]
        truth.now = max(truth.now, back_at)
        truth.hear_cel(takewhile(is_row, rest[away:]))  # a row stands in the file by the time that we are back
        ledger = open_ledger(database, truth.now)
        found = await self._to_the_end(ledger, truth, rest[away:], point.early)
        return found, lost


async def die(ledger: Ledger, engine: CallEngine, event: LineEvent, fatal: int) -> None:
    """The process takes this event and is gone at that point; the kernel closes its files."""
    with open_files(ledger) as files:

        def end() -> None:
            for file in files:
                file.rollback()  # closing alone leaves the locks to whatever cursor the dead frames still hold

        try:
            with FaultPoints(ledger, fatal, end).armed():
                await engine.take([event])
        except Killed:
            for file in files:
                file.close()
            await ledger.database.close()
            return
    raise AssertionError("it should have died")


def _url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def prove_recording(name: str, folder: Path, template: Path, chosen: Choice, seed: int) -> Verdict:
    """All in one, for a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with quick_lives():
            return asyncio.run(Recording(name, folder, template).prove(chosen, random.Random(seed)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def everything(points: list[Point]) -> list[Point]:
    return points


def some(share: float, seed: int) -> Choice:
    """About that share of the points, by dice of one's own."""
    dice = random.Random(seed)
    return lambda points: [point for point in points if dice.random() < share]
