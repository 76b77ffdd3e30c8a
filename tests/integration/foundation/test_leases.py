"""One holder of a duty at a time, whatever the clocks say; who has lost it writes nothing more."""

import asyncio
import sys
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcenter.foundation import facts
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.facts import Fact, FactRow
from callcenter.foundation.idempotency import IdempotencyRow
from callcenter.foundation.lease_keeper import SHARED, LeaseKeeper
from callcenter.foundation.leases import Lease, LeaseRow, LostLease, while_ours
from callcenter.foundation.this_process import has_died, process_name
from callcenter.foundation.transactions import Ledger
from tests.integration.conftest import until

DUTY = "pbx:a"


class Steady:
    """A process's steady clock; each has its own, with a zero of its own."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Process:
    def __init__(self, ledger: Ledger, name: str, zero: float) -> None:
        self.clock = Steady(zero)
        self.keeper = LeaseKeeper(ledger, name, SHARED, self.clock)
        self.lease: Lease = self.keeper.lease(DUTY)
        self.ledger = ledger.fenced(self.lease)

    async def write(self, subject: str = "test:1") -> None:
        async with self.ledger.transaction() as tx:
            tx.record(Fact("test.happened", subject))


class Pair:
    """Two processes on two machines, and the passing of time for both."""

    def __init__(self, ledger: Ledger) -> None:
        self.a, self.b = Process(ledger, "a", 50.0), Process(ledger, "b", 900_000.0)

    def passes(self, seconds: float) -> None:
        for process in (self.a, self.b):
            process.clock.at += seconds


@pytest.fixture
def pair(ledger: Ledger) -> Pair:
    return Pair(ledger)


async def test_the_first_has_it_and_keeps_it_as_long_as_it_beats(pair: Pair) -> None:
    await pair.a.keeper.turn()
    for _ in range(20):
        await pair.b.keeper.turn()
        pair.passes(0.5)
        await pair.a.keeper.turn()
        assert (pair.a.lease.may_act, pair.b.lease.is_ours) == (True, False)
    assert (pair.b.lease.sight.holder, pair.b.lease.sight.alive) == ("a", True)


async def test_a_silent_holder_is_replaced_and_only_after_it_could_know_itself(pair: Pair) -> None:
    await pair.a.keeper.turn()
    await pair.b.keeper.turn()
    for _ in range(50):
        pair.passes(0.1)
        await pair.b.keeper.turn()
        assert not (pair.a.lease.may_act and pair.b.lease.is_ours), "never two that may act"
    assert pair.b.lease.may_act
    await pair.a.keeper.turn()
    assert not pair.a.lease.is_ours


async def test_jumps_of_the_wall_clock_change_nothing(pair: Pair, clock: FrozenClock) -> None:
    await pair.a.keeper.turn()
    for jump in (3600, -3600, -3600, 3600):
        clock.advance(timedelta(seconds=jump))
        pair.passes(0.5)
        await pair.a.keeper.turn()
        await pair.b.keeper.turn()
        assert (pair.a.lease.may_act, pair.b.lease.is_ours) == (True, False)


async def test_who_was_frozen_while_it_watched_does_not_take_what_is_alive(pair: Pair) -> None:
    await pair.a.keeper.turn()
    await pair.b.keeper.turn()
    for _ in range(10):
        pair.passes(0.5)
        await pair.a.keeper.turn()
    await pair.b.keeper.turn()
    assert not pair.b.lease.is_ours


async def test_while_the_database_is_away_the_holder_keeps_it_but_must_not_act(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pair.a.keeper.turn()
    pair.passes(SHARED.seconds - 0.5)
    assert pair.a.lease.may_act, "nobody can have it yet"
    with monkeypatch.context() as away:
        away.setattr(pair.a.keeper._ledger.database, "write", _no_database)
        with pytest.raises(OSError, match="away"):
            await pair.a.keeper.turn()
        pair.passes(0.6)
        assert (pair.a.lease.is_ours, pair.a.lease.may_act) == (True, False)
    await pair.a.keeper.turn()
    assert pair.a.lease.may_act, "nobody has taken it meanwhile"
    await pair.a.write()


def _no_database() -> None:
    raise OSError("the database is away")


async def test_given_back_it_is_free_at_once(pair: Pair) -> None:
    await pair.a.keeper.turn()
    await pair.a.keeper.give_back()
    assert not pair.a.lease.is_ours
    await pair.b.keeper.turn()
    assert pair.b.lease.may_act


async def test_of_many_that_want_it_one_gets_it(ledger: Ledger) -> None:
    processes = [Process(ledger, f"p{n}", 10.0 * n) for n in range(8)]
    await asyncio.gather(*(process.keeper.turn() for process in processes))
    assert sum(process.lease.is_ours for process in processes) == 1
    [first] = [process for process in processes if process.lease.is_ours]
    await first.keeper.give_back()
    await asyncio.gather(*(process.keeper.turn() for process in processes))
    assert sum(process.lease.is_ours for process in processes) == 1
    async with ledger.reading() as session:
        row = await session.get_one(LeaseRow, DUTY)
    assert row.epoch == 2


async def test_who_lost_it_writes_nothing_with_facts_or_without(pair: Pair, ledger: Ledger) -> None:
    await pair.a.keeper.turn()
    await pair.a.write("test:before")
    await _depose(pair)
    with pytest.raises(LostLease):
        await pair.a.write("test:after")
    assert not pair.a.lease.is_ours
    pair.a.lease.taken(1, 0.0)
    with pytest.raises(LostLease):
        async with pair.a.ledger.transaction() as tx:  # rows alone
            tx.session.add(LeaseRow(name="other", holder="x", epoch=1, beat=0, said={}))
    with pytest.raises(LostLease):
        await pair.a.write("test:knows it now")
    await pair.b.write("test:next")
    async with ledger.reading() as session:
        assert [row.fact.subject for row in await facts.read_since(session, 0)] == ["test:before", "test:next"]
        assert await session.get(LeaseRow, "other") is None


async def _depose(pair: Pair) -> None:
    """`a` is frozen, `b` takes over, `a` wakes and believes what it believed."""
    await pair.b.keeper.turn()
    pair.passes(SHARED.seconds + 1)
    await pair.b.keeper.turn()
    assert pair.b.lease.is_ours
    assert pair.a.lease.is_ours, "it does not know yet"


async def test_frozen_in_the_middle_of_a_transaction_it_writes_nothing_of_it(pair: Pair, ledger: Ledger) -> None:
    if ledger.database.is_sqlite:
        # One writer: nobody can take over while the transaction is open. What was begun is finished first.
        return await _the_open_transaction_counts(pair)
    await pair.a.keeper.turn()

    async def freeze_half_way() -> None:
        async with pair.a.ledger.transaction() as tx:
            tx.record(Fact("test.happened", "test:1"))
            await tx.session.execute(select(func.count()).select_from(IdempotencyRow))
            await _depose(pair)

    with pytest.raises(LostLease):
        await freeze_half_way()
    async with ledger.reading() as session:
        assert await session.scalar(select(func.count()).select_from(FactRow)) == 0
    return None


async def _the_open_transaction_counts(pair: Pair) -> None:
    await pair.a.keeper.turn()
    await pair.b.keeper.turn()
    async with pair.a.ledger.transaction() as tx:
        tx.record(Fact("test.happened", "test:1"))
        pair.passes(SHARED.seconds + 1)
        taking = asyncio.create_task(pair.b.keeper.turn())
    await taking
    assert pair.b.lease.is_ours


async def test_an_earlier_tenure_of_the_same_process_is_over_too(pair: Pair) -> None:
    """Work that was begun before a loss must not be finished after the duty came back."""
    await pair.a.keeper.turn()
    begun = pair.a.lease.fence()
    await pair.a.keeper.give_back()
    await pair.a.keeper.turn()
    assert pair.a.lease.epoch == begun.epoch + 1
    async with pair.a.ledger.transaction() as tx:
        assert await tx.session.scalar(begun.stands()) is None


async def test_writers_and_takeovers_at_once_leave_no_fact_of_a_lost_tenure(ledger: Ledger) -> None:
    """Each fact bears its tenure; in the ledger tenures never go back."""
    processes = [Process(ledger, f"p{n}", 0.0) for n in range(3)]
    refused = 0

    async def work(process: Process) -> None:
        nonlocal refused
        written = 0
        while refused < 4:
            if not process.lease.is_ours:
                written = 0
            if written < 3:  # then its keeper is frozen, and it goes on writing
                await process.keeper.turn()
            process.clock.at += 3.0
            try:
                async with process.ledger.transaction() as tx:
                    tx.record(Fact("test.happened", "test:1", {"epoch": process.lease.epoch}))
                written += 1
            except LostLease:
                refused += written >= 3
                await asyncio.sleep(0)

    await asyncio.wait_for(asyncio.gather(*map(work, processes)), 60)
    async with ledger.reading() as session:
        epochs = [row.fact.data["epoch"] for row in await facts.read_since(session, 0, 10_000)]
    assert epochs == sorted(epochs)
    assert len(set(epochs)) >= 4, "there were takeovers"


async def test_work_runs_in_each_tenure_and_ends_with_it(pair: Pair) -> None:
    running: list[int] = []

    async def work() -> None:
        running.append(pair.a.lease.epoch)
        try:
            await asyncio.Event().wait()
        finally:
            running.append(-pair.a.lease.epoch)

    job = asyncio.create_task(while_ours(pair.a.lease, work))
    await pair.a.keeper.turn()
    await until(lambda: running == [1], "it runs")
    await pair.a.keeper.give_back()
    await until(lambda: running == [1, -1], "it has ended")
    await pair.a.keeper.turn()
    await until(lambda: running == [1, -1, 2], "it runs again")
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert running == [1, -1, 2, -2]


async def test_a_process_that_died_on_this_machine_is_replaced_at_once(ledger: Ledger) -> None:
    ask = "from callcenter.foundation.this_process import process_name; print(process_name())"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", ask, stdout=asyncio.subprocess.PIPE)
    dead = (await child.communicate())[0].decode().strip()
    assert has_died(dead)
    assert not has_died(process_name()), "we live"
    assert not has_died(dead.replace(dead.split(":")[3], "0" * 12)), "of another machine we know nothing"
    first, second = Process(ledger, dead, 0.0), Process(ledger, process_name(), 0.0)
    await first.keeper.turn()
    await second.keeper.turn()
    assert second.lease.may_act
