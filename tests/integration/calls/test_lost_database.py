"""The database goes away in mid-call; what the PBX said meanwhile is written when it is back."""

from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.foundation.database import Database, Work
from callcenter.foundation.transactions import Ledger
from tests.integration.calls.test_ledger_of_calls import check_books, replayed, staff, stream, written
from tests.integration.conftest import new_engine

NAME = "hold-unhold"


class Faulty:
    """Lets some transactions fail: at their begin, or as late as at their commit."""

    def __init__(self, database: Database) -> None:
        self._write = database.write_in_one_go
        self.failing = ""
        self.failed = 0

    async def write(self, work: Work[Any]) -> Any:
        async def whole(session: AsyncSession) -> Any:
            done = await work(session)
            self._fail("commit")
            return done

        self._fail("begin")
        return await self._write(whole)

    def _fail(self, when: str) -> None:
        if self.failing == when:
            self.failed += 1
            raise OperationalError(when.upper(), {}, Exception("the database is away"))


@pytest.mark.parametrize("when", ["begin", "commit"])
async def test_nothing_is_lost_wherever_the_database_fails(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    await staff(ledger)
    faulty = Faulty(ledger.database)
    monkeypatch.setattr(ledger.database, "write_in_one_go", faulty.write)
    engine = new_engine(ledger, NAME)
    events = stream(NAME)
    for start in range(0, len(events), 4):
        faulty.failing = when if (start // 4) % 3 else ""
        try:
            await engine.take(events[start : start + 4])
        except OperationalError:
            assert engine.unsaved > 0
    assert faulty.failed > 0
    faulty.failing = ""
    await engine.flush()
    assert engine.unsaved == 0
    monkeypatch.undo()
    assert await written(ledger, NAME) == replayed(NAME)
    await check_books(ledger)


async def test_what_was_not_written_is_not_believed_written(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row inserted in a transaction that failed is inserted again, not updated into nothing."""
    await staff(ledger)
    faulty = Faulty(ledger.database)
    monkeypatch.setattr(ledger.database, "write_in_one_go", faulty.write)
    engine = new_engine(ledger, NAME)
    events = stream(NAME)
    faulty.failing = "commit"
    for event in events:
        try:
            await engine.take([event])
        except OperationalError:
            continue
    monkeypatch.undo()
    assert await written(ledger, NAME) == []
    await engine.flush()
    assert await written(ledger, NAME) == replayed(NAME)
