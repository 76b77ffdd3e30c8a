"""One transaction per request or batch of events: rows, facts and effects stand or fall together.

Within it, `record` notes a fact. Before the commit each fact is shown to the handlers that must act in the same
transaction (an order confirmed → its receipt in the outbox). After the commit it is shown to those who only
watch (screens), in every process of the deployment (`follower.py`). On an exception nothing of all that happened.
"""

import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.foundation import facts, logs
from callcenter.foundation.clock import Clock
from callcenter.foundation.database import Database
from callcenter.foundation.facts import Fact, Recorded
from callcenter.foundation.leases import Fence, Lease, LostLease

T = TypeVar("T")
_ROUNDS = 10  # a handler's fact may call further handlers, but not for ever


@dataclass(slots=True)
class Transaction:
    """What a use case works in. `now` is read once, so that all it writes agrees."""

    session: AsyncSession
    now: datetime
    _facts: list[Fact] = field(default_factory=list)
    _after: list[Callable[[], None]] = field(default_factory=list)
    effects: int = 0
    """Rows put into the outbox by this transaction."""

    def record(self, fact: Fact) -> None:
        self._facts.append(fact)

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Run `effect` (quick, never raising) once the transaction stands."""
        self._after.append(effect)


WithinHandler = Callable[[Transaction, Fact], Awaitable[None]]
WatchHandler = Callable[[list[Recorded]], None]


def _nobody() -> None:
    """No worker runs in this process; the next one elsewhere finds the rows."""


@dataclass(slots=True)
class _Hooks:
    """What a ledger and its fenced copies have in common."""

    on_effects: Callable[[], None]
    deliver: WatchHandler


class Ledger:
    """Hands out transactions and joins facts to those who asked for them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self._within: dict[str, list[WithinHandler]] = {}
        self._watchers: list[WatchHandler] = []
        self._lease: Lease | None = None
        self._hooks = _Hooks(_nobody, self.show)
        self._log = logs.get("ledger")

    def fenced(self, lease: Lease) -> "Ledger":
        """The same ledger for the work of a duty: each transaction stands only if the duty is ours at its commit.

        `LostLease` at the begin or the end of a transaction says that it is not; then nothing was written.
        """
        own = copy.copy(self)
        own._lease = lease
        return own

    def when_effects(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that has put something into the outbox."""
        self._hooks.on_effects = wake

    def deliver_by(self, deliver: WatchHandler) -> None:
        """Hand committed facts to `deliver` instead of showing them at once; it calls `show`, in order."""
        self._hooks.deliver = deliver

    def within(self, fact_type: str, handler: WithinHandler) -> None:
        """Run `handler` in the transaction of each fact of this type; its exception undoes the transaction."""
        self._within.setdefault(fact_type, []).append(handler)

    def watch(self, handler: WatchHandler) -> None:
        """Show `handler` the facts of each transaction after its commit, in order of position."""
        self._watchers.append(handler)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        with self._fence() as fence:
            async with self.database.write() as session:
                tx = Transaction(session, self.clock.now())
                yield tx
                recorded = await self._settle(tx, fence)
        self._done(tx, recorded)

    async def in_one_go(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """As `transaction`, with what is done in it as a function that waits for the database and nothing else.

        On SQLite all of it is one visit of the writer's thread, instead of one for each statement.
        """
        with self._fence() as fence:

            async def whole(session: AsyncSession) -> tuple[T, Transaction, list[Recorded]]:
                tx = Transaction(session, self.clock.now())
                return await work(tx), tx, await self._settle(tx, fence)

            result, tx, recorded = await self.database.write_in_one_go(whole)
        self._done(tx, recorded)
        return result

    async def look(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """As `reading`, with what is read as a function that waits for the database and nothing else."""
        return await self.database.read_in_one_go(work)

    @contextmanager
    def _fence(self) -> Iterator[Fence | None]:
        fence = self._lease.fence() if self._lease is not None else None
        try:
            yield fence
        except LostLease:
            if self._lease is not None and fence is not None:
                self._lease.lose(fence.epoch)
            raise

    def _done(self, tx: Transaction, recorded: list[Recorded]) -> None:
        for effect in tx._after:
            effect()
        if tx.effects:
            self._hooks.on_effects()
        if recorded:
            self._hooks.deliver(recorded)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        async with self.database.read() as session:
            yield session

    async def _settle(self, tx: Transaction, fence: Fence | None) -> list[Recorded]:
        seen = 0
        for _ in range(_ROUNDS):
            fresh = tx._facts[seen:]
            seen = len(tx._facts)
            for fact in fresh:
                for handler in self._within.get(fact.type, ()):
                    await handler(tx, fact)
            if seen == len(tx._facts):
                break
        await tx.session.flush()
        return await facts.append(tx.session, tx._facts, tx.now, fence)

    def show(self, recorded: list[Recorded]) -> None:
        """Show committed facts to all who watch in this process."""
        for watcher in self._watchers:
            try:
                watcher(recorded)
            except Exception:
                # A watcher's fault must not reach the writer: the facts are committed and can be re-read.
                self._log.exception("watcher_failed", position=recorded[-1].position)
