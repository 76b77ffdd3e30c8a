"""Facts have positions without gaps, in the order of commits; what is rolled back never was."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from callcenter.foundation import facts, outbox
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.database import Database
from callcenter.foundation.facts import Fact, Recorded
from callcenter.foundation.outbox import Effect, OutboxRow, OutboxState, OutboxWorker
from callcenter.foundation.transactions import Ledger, Transaction


async def test_positions_have_no_gaps_under_concurrent_writers(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        tx.record(Fact("test.begun", "test:0"))

    async def write(n: int) -> None:
        async with ledger.transaction() as tx:
            tx.record(Fact("test.happened", f"test:{n}", {"n": n}))
            tx.record(Fact("test.ended", f"test:{n}"))

    await asyncio.gather(*(write(n) for n in range(20)))
    async with ledger.reading() as session:
        rows = await facts.read_since(session, 0)
    assert [row.position for row in rows] == list(range(1, 42))


async def test_rolled_back_facts_were_never_there_and_nobody_hears_of_them(ledger: Ledger) -> None:
    heard: list[Recorded] = []
    ledger.watch(heard.extend)

    async def fail() -> None:
        async with ledger.transaction() as tx:
            tx.record(Fact("test.happened", "test:1"))
            outbox.put(tx, kind="sms", key="k-1", payload={})
            raise RuntimeError("the use case failed")

    with pytest.raises(RuntimeError, match="use case"):
        await fail()
    async with ledger.transaction() as tx:
        tx.record(Fact("test.happened", "test:2"))
    assert [(r.position, r.fact.subject) for r in heard] == [(1, "test:2")]
    async with ledger.reading() as session:
        assert list(await session.scalars(select(OutboxRow))) == []


async def test_handlers_within_the_transaction_may_add_facts_of_their_own(ledger: Ledger) -> None:
    async def answer(tx: Transaction, fact: Fact) -> None:
        tx.record(Fact("test.answered", fact.subject))

    ledger.within("test.asked", answer)
    async with ledger.transaction() as tx:
        tx.record(Fact("test.asked", "test:1"))
    async with ledger.reading() as session:
        assert [r.fact.type for r in await facts.read_since(session, 0)] == ["test.asked", "test.answered"]


async def test_outbox_carries_out_each_row_once_with_several_workers(ledger: Ledger) -> None:
    done: list[str] = []

    async def send(effect: Effect) -> None:
        done.append(effect.key)

    async with ledger.transaction() as tx:
        for n in range(30):
            outbox.put(tx, kind="sms", key=f"k-{n}", payload={"n": n})
    workers = [OutboxWorker(ledger, {"sms": send}) for _ in range(3)]
    while sum(await asyncio.gather(*(w.run_once() for w in workers))):
        pass
    assert sorted(done) == sorted(f"k-{n}" for n in range(30))


async def test_an_unclear_effect_is_not_tried_again(ledger: Ledger) -> None:
    tries: list[int] = []

    async def send(effect: Effect) -> None:
        tries.append(effect.attempt)
        raise outbox.OutcomeUnknown("time limit")

    async with ledger.transaction() as tx:
        outbox.put(tx, kind="sms", key="k", payload={})
    worker = OutboxWorker(ledger, {"sms": send})
    await worker.run_once()
    await worker.run_once()
    async with ledger.reading() as session:
        row = await session.scalar(select(OutboxRow))
    assert row is not None
    assert (row.state, tries) == (OutboxState.UNKNOWN, [1])


@pytest.mark.postgresql
async def test_who_freezes_within_a_transaction_holds_up_nobody_for_long(
    postgres_url: str, clock: FrozenClock
) -> None:
    """It holds the end of the ledger, which every writer needs: the server ends its session."""
    frozen, other = Database(postgres_url), Database(postgres_url)
    ledger = Ledger(other, clock)
    async with ledger.transaction() as tx:
        tx.record(Fact("test.happened", "test:1"))
    async with frozen.engine.connect() as connection:
        await connection.exec_driver_sql("UPDATE stream_heads SET last = last WHERE name = 'facts'")
        async with ledger.transaction() as tx:
            tx.record(Fact("test.happened", "test:2"))
        with pytest.raises(OperationalError, match="idle-in-transaction"):
            await connection.exec_driver_sql("SELECT 1")
        await connection.invalidate()
    await frozen.close()
    await other.close()
