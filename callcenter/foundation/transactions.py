"""One transaction per request or batch of events: rows, facts and effects stand or fall together.

Within it, `record` notes a fact. Before the commit each fact is shown to the handlers that must act in the same
transaction (an order confirmed → its receipt in the outbox). After the commit it is shown to those who only
watch (screens). On an exception nothing of all that happened.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.foundation import facts, logs
from callcenter.foundation.clock import Clock
from callcenter.foundation.database import Database
from callcenter.foundation.facts import Fact, Recorded

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


class Ledger:
    """Hands out transactions and joins facts to those who asked for them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self._within: dict[str, list[WithinHandler]] = {}
        self._watchers: list[WatchHandler] = []
        self.on_effects: Callable[[], None] = _nobody
        """Called after a commit that has put something into the outbox."""
        self._log = logs.get("ledger")

    def within(self, fact_type: str, handler: WithinHandler) -> None:
        """Run `handler` in the transaction of each fact of this type; its exception undoes the transaction."""
        self._within.setdefault(fact_type, []).append(handler)

    def watch(self, handler: WatchHandler) -> None:
        """Show `handler` the facts of each transaction after its commit, in order of position."""
        self._watchers.append(handler)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self.database.write() as session:
            tx = Transaction(session, self.clock.now())
            yield tx
            recorded = await self._settle(tx)
        for effect in tx._after:
            effect()
        if tx.effects:
            self.on_effects()
        if recorded:
            self._show(recorded)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        async with self.database.read() as session:
            yield session

    async def _settle(self, tx: Transaction) -> list[Recorded]:
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
        return await facts.append(tx.session, tx._facts, tx.now)

    def _show(self, recorded: list[Recorded]) -> None:
        for watcher in self._watchers:
            try:
                watcher(recorded)
            except Exception:
                # A watcher's fault must not reach the writer: the facts are committed and can be re-read.
                self._log.exception("watcher_failed", position=recorded[-1].position)
