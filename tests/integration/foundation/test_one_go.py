"""Transactions and looks that are one visit of the database's thread: the same promises as any other."""

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Queue
from callcenter.foundation.database import Database
from callcenter.foundation.transactions import Ledger
from callcenter.foundation.waiting import to_its_end


async def add(session: AsyncSession, name: str) -> None:
    await session.execute(insert(Queue).values(name=name, label=name, language="zh"))


async def names(session: AsyncSession) -> list[str]:
    return list(await session.scalars(select(Queue.name).order_by(Queue.name)))


async def test_it_commits_at_its_end_and_returns_what_was_made(ledger: Ledger) -> None:
    async def work(session: AsyncSession) -> list[str]:
        await add(session, "a")
        session.add(Queue(name="b", label="b", language="ug"))
        await session.flush()
        return await names(session)

    assert await ledger.database.write_in_one_go(work) == ["a", "b"]
    assert await ledger.database.read_in_one_go(names) == ["a", "b"]


async def test_an_exception_undoes_all_of_it_and_comes_out_as_it_is(ledger: Ledger) -> None:
    async def work(session: AsyncSession) -> None:
        await add(session, "a")
        await add(session, "a")

    with pytest.raises(IntegrityError):
        await ledger.database.write_in_one_go(work)
    assert await ledger.database.read_in_one_go(names) == []
    await ledger.database.write_in_one_go(lambda session: add(session, "a"))
    assert await ledger.database.read_in_one_go(names) == ["a"], "the connection is as good as before"


async def test_a_reader_cannot_write(database_url: str) -> None:
    database = Database(database_url)
    try:
        if database.is_sqlite:
            with pytest.raises(OperationalError, match="readonly"):
                await database.read_in_one_go(lambda session: add(session, "a"))
        else:
            await database.read_in_one_go(lambda session: add(session, "a"))
        assert await database.read_in_one_go(names) == []
    finally:
        await database.close()


async def test_a_cancellation_is_heeded_when_the_transaction_has_ended() -> None:
    """Else a whole transaction would look like none, and be written twice."""
    go_on, done = threading.Event(), []

    def work() -> None:
        assert go_on.wait(10)
        done.append(1)

    waiting = asyncio.create_task(to_its_end(asyncio.get_running_loop().run_in_executor(None, work)))
    for _ in range(3):
        await asyncio.sleep(0)
        waiting.cancel()
    assert not waiting.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert done == [1]


async def test_what_waits_for_something_else_is_told_so_and_undone(ledger: Ledger) -> None:
    async def work(session: AsyncSession) -> None:
        await add(session, "a")
        await asyncio.sleep(0)

    if ledger.database.is_sqlite:
        with pytest.raises(RuntimeError, match="something else"):
            await ledger.database.write_in_one_go(work)
        assert await ledger.database.read_in_one_go(names) == []


async def test_many_at_once_each_stand_alone(ledger: Ledger) -> None:
    async def mine(n: int) -> Any:
        async def work(session: AsyncSession) -> None:
            await add(session, f"q{n:02}")
            if n % 3 == 0:
                raise KeyError(n)

        return await asyncio.gather(ledger.database.write_in_one_go(work), return_exceptions=True)

    await asyncio.gather(*(mine(n) for n in range(30)))
    assert await ledger.database.read_in_one_go(names) == [f"q{n:02}" for n in range(30) if n % 3]
