"""One life of the service after another on the same database; each may be ended at a chosen point.

A life is the real link, engine and ledger. In place of the AMI connection it gets `Wire`, which answers as the
recorded PBX would have at that moment.
"""

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event as sql_event
from sqlalchemy import select

from callcenter.calls.consequences import Consequences
from callcenter.calls.engine import CallEngine
from callcenter.foundation import outbox, sqlite_driver
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.database import Database
from callcenter.foundation.facts import Fact
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.telephony import intake as intake_module
from callcenter.telephony import link as link_module
from callcenter.telephony import sign_in as sign_in_module
from callcenter.telephony.ami_client import AmiAddress
from callcenter.telephony.inbox import Inbox
from callcenter.telephony.link import PbxLink
from tests.crashes.pbx_truth import Message, PbxTruth

PBX = "a"
SIGN_IN: Any = sign_in_module
EFFECT = "test"
_DEADLINE = 60.0


class Killed(BaseException):
    """The process is gone from here on."""


# ---- the ledger, with an effect that must happen once ----


async def _effect(tx: Transaction, fact: Fact) -> None:
    """What must happen once for each begin of a journey and each task, however often the fact is told."""
    key = f"{fact.type} {fact.subject}"
    if await tx.session.scalar(select(outbox.OutboxRow.id).where(outbox.OutboxRow.key == key)) is None:
        outbox.put(tx, kind=EFFECT, key=key, payload={})
        await tx.session.flush()


def open_ledger(database: Database, at: datetime) -> Ledger:
    """A ledger as a new process would open it. The database object may be an earlier life's: SQLAlchemy compiles
    every statement anew for a new one, and that would be most of the work.
    """
    ledger = Ledger(database, FrozenClock(at))
    ledger.within("call.journey_started", _effect)
    ledger.within("task.opened", _effect)
    return ledger


def new_engine(ledger: Ledger) -> CallEngine:
    consequences = Consequences(wrap_up=timedelta(seconds=90), lost_caller_within=timedelta(minutes=30))
    return CallEngine(ledger, PBX, consequences, area_code="0991")


def copied(engine: CallEngine, old: Ledger, new: Ledger) -> CallEngine:
    """The same process's memory, on another copy of its database."""
    return copy.deepcopy(engine, {id(old): new})


# ---- dying ----


@dataclass
class FaultPoints:
    """Counts the points of the writer's transactions as they come, and ends the life at the `fatal` one (from 0).

    Points: before and after each statement, before and after each commit.
    """

    ledger: Ledger
    fatal: int | None = None
    end: Callable[[], None] | None = None
    seen: list[str] = field(default_factory=list)

    def _reached(self, kind: str) -> None:
        self.seen.append(kind)
        if self.fatal is not None and len(self.seen) - 1 == self.fatal:
            if self.end is not None:
                self.end()
            raise Killed(kind)

    @contextlib.contextmanager
    def armed(self) -> Iterator["FaultPoints"]:
        engine = self.ledger.database.engine.sync_engine
        dialect: Any = engine.dialect
        really_commit = dialect.do_commit

        def before(*_: Any) -> None:
            self._reached("before a statement")

        def after(*_: Any) -> None:
            self._reached("after a statement")

        def commit(connection: Any) -> None:
            self._reached("before the commit")
            really_commit(connection)
            self._reached("after the commit")

        sql_event.listen(engine, "before_cursor_execute", before)
        sql_event.listen(engine, "after_cursor_execute", after)
        dialect.do_commit = commit
        try:
            yield self
        finally:
            sql_event.remove(engine, "before_cursor_execute", before)
            sql_event.remove(engine, "after_cursor_execute", after)
            dialect.do_commit = really_commit


@contextlib.contextmanager
def open_files(ledger: Ledger) -> Iterator[list[Any]]:
    """The SQLite files that this life opens from here on, as its kernel would know them."""
    files: list[Any] = []
    engine = ledger.database.engine.sync_engine

    def opened(connection: Any, _: Any) -> None:
        if ledger.database.is_sqlite:
            files.append(connection._connection)

    sql_event.listen(engine, "connect", opened)
    try:
        yield files
    finally:
        sql_event.remove(engine, "connect", opened)


# ---- the PBX at the other end ----


class Wire:
    """Stands for the AMI client. `say_early` says what comes before the fence: while the lists are read or, with
    `at_once`, as soon as we are signed in, so that the PBX's files tell it, too.
    """

    def __init__(
        self, truth: PbxTruth, hear: Callable[[Message], None], say_early: Callable[[], None], *, at_once: bool
    ) -> None:
        self._truth = truth
        self._hear = hear
        self._say_early = say_early
        self._at_once = at_once
        self._lost = asyncio.Event()

    async def connect(self) -> None:
        if self._at_once:
            self._say_early()

    async def wait_lost(self) -> None:
        await self._lost.wait()

    def close(self) -> None:
        self._lost.set()

    @property
    def is_up(self) -> bool:
        return not self._lost.is_set()

    async def ping(self) -> Message:
        """It does not tell the time; then its stamps are taken as they come."""
        return {"Response": "Success"}

    async def send(self, action: str, headers: dict[str, str] | None = None) -> Message:
        if action == "UserEvent" and headers and headers.get("UserEvent") == "Fence":
            self._hear({"Event": "UserEvent", "Timestamp": _text(self._truth.now), **headers})
        return {"Response": "Success", "Value": ""}

    async def ask_list(self, action: str, headers: dict[str, str] | None = None) -> list[Message]:
        if action == "CoreShowChannels":
            self._say_early()
            return self._truth.core_show_channels()
        if action == "QueueStatus":
            return self._truth.queue_status()
        return self._truth.device_states() if action == "DeviceStateList" else []


def _text(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


class _WatchedInbox(Inbox):
    """Tells when the consumer has nothing more to do."""

    idle = asyncio.Event()

    def put(self, event: Any) -> None:
        type(self).idle.clear()
        super().put(event)

    async def wait(self) -> None:
        if not len(self):
            type(self).idle.set()
        await super().wait()


@dataclass
class Life:
    """A running service."""

    ledger: Ledger
    engine: CallEngine
    link: PbxLink
    truth: PbxTruth
    job: asyncio.Task[None]
    wires: list[Wire]

    @property
    def clock(self) -> FrozenClock:
        assert isinstance(self.ledger.clock, FrozenClock)
        return self.ledger.clock

    async def hear(self, stream: Sequence[Message], seen: Callable[[Message], bool]) -> None:
        """These messages happen; the service gets those that its user sees, and has dealt with them on return."""
        for message in stream:
            self.truth.hear(message)
            if seen(message):
                self.link.intake.hear(message)
        self.clock.at = max(self.clock.at, self.truth.now)
        await self.settled()

    async def settled(self) -> None:
        """Return when the consumer waits for news."""
        idle = asyncio.ensure_future(_WatchedInbox.idle.wait())
        try:
            await asyncio.wait({idle, self.job}, timeout=_DEADLINE, return_when=asyncio.FIRST_COMPLETED)
            if self.job.done():
                self.job.result()
            assert idle.done(), "the service is still busy"
        finally:
            idle.cancel()

    async def looks_again(self, later: timedelta) -> None:
        """The link is lost and made anew that much later: the same comparison as a sweep."""
        self.clock.advance(later)
        self.truth.now = max(self.truth.now, self.clock.at)
        _WatchedInbox.idle.clear()
        self.wires[-1].close()
        await self.settled()


class _AtOnce(Executor):
    """The thread of a SQLite connection, without the thread: what a statement does is the same, only sooner."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """As a pool of threads."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **options))
        except BaseException as error:
            done.set_exception(error)
        return done


@contextlib.contextmanager
def quick_lives() -> Iterator[None]:
    """Lives that lose no time: no waiting for more messages or before the next attempt, no thread for SQLite."""
    quick: dict[Any, dict[str, Any]] = {
        intake_module: {"GATHER_SECONDS": 0.0, "Inbox": _WatchedInbox},
        link_module: {"FIRST_WAIT": 0.0, "MOST_WAIT": 0.0},
        sqlite_driver: {"ThreadPoolExecutor": _AtOnce, "_in_a_thread_of_its_own": lambda: True},
    }
    kept = [(module, name, getattr(module, name)) for module, names in quick.items() for name in names]
    kept.append((SIGN_IN, "AmiClient", SIGN_IN.AmiClient))
    for module, names in quick.items():
        for name, value in names.items():
            setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)


@contextlib.asynccontextmanager
async def life(
    ledger: Ledger,
    truth: PbxTruth,
    *,
    cel_file: Path | None = None,
    early: Sequence[Message] = (),
    at_once: bool = False,
    seen: Callable[[Message], bool] = lambda message: True,
) -> AsyncIterator[Life]:
    """Start the service as at any start of the process; it is live on entering, ended on leaving.

    `early`: what happens between the connection and the lists; `at_once`: before the PBX's files are read.
    """
    _WatchedInbox.idle = asyncio.Event()
    said = [list(early)]
    wires: list[Wire] = []

    def connect(address: AmiAddress, hear: Callable[[Message], None], **_: Any) -> Wire:
        def say_early() -> None:
            for message in said.pop() if said else []:
                truth.hear(message)
                if seen(message):
                    hear(message)
            if cel_file is not None:
                cel_file.write_text("".join(truth.cel), "utf-8")

        wires.append(Wire(truth, hear, say_early, at_once=at_once))
        return wires[-1]

    SIGN_IN.AmiClient = connect
    engine = new_engine(ledger)
    link = PbxLink(ledger, engine, PBX, lambda: AmiAddress("127.0.0.1", 1, "u", "s"), lambda: cel_file)
    job = asyncio.create_task(link.run())
    running = Life(ledger, engine, link, truth, job, wires)
    try:
        await running.settled()
        yield running
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
