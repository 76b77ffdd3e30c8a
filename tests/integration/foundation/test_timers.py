"""Timers survive restarts, fire once, late rather than never, and never for a state that is over."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.foundation import timers
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.facts import Fact
from callcenter.foundation.lease_keeper import LeaseKeeper
from callcenter.foundation.timers import TimerHandler, TimerLoop, TimerRow
from callcenter.foundation.transactions import Ledger, Transaction

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


class Fired:
    """Remembers what fired."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def __call__(self, tx: Transaction, timer: TimerRow) -> None:
        self.subjects.append(timer.subject)


async def arm(
    ledger: Ledger, subject: str, after: timedelta = MINUTE, *, code: str = "T", entry_seq: int = 1
) -> None:
    async with ledger.transaction() as tx:
        await timers.arm(tx, subject=subject, entry_seq=entry_seq, code=code, due_at=tx.now + after)


def loop(ledger: Ledger, handler: TimerHandler) -> TimerLoop:
    return TimerLoop(ledger, {"T": handler})


async def test_a_timer_fires_when_due_and_only_once(ledger: Ledger, clock: FrozenClock) -> None:
    fired = Fired()
    await arm(ledger, "order:1")
    assert await loop(ledger, fired).run_once() == 0
    clock.advance(MINUTE)
    assert await loop(ledger, fired).run_once() == 1
    assert await loop(ledger, fired).run_once() == 0
    assert fired.subjects == ["order:1"]


async def test_what_fell_due_while_nobody_ran_fires_late_in_order(ledger: Ledger, clock: FrozenClock) -> None:
    fired = Fired()
    for n in (3, 1, 2):
        await arm(ledger, f"order:{n}", n * MINUTE)
    clock.advance(timedelta(days=2))
    await loop(ledger, fired).run_once()
    assert fired.subjects == ["order:1", "order:2", "order:3"]


async def test_a_timer_armed_by_a_clock_that_was_an_hour_ahead_keeps_its_length(
    ledger: Ledger, clock: FrozenClock
) -> None:
    fired = Fired()
    clock.advance(timedelta(hours=1))
    await arm(ledger, "agent:1", 90 * SECOND)
    clock.advance(timedelta(hours=-1))
    assert await loop(ledger, fired).set_right() == 1
    clock.advance(89 * SECOND)
    await loop(ledger, fired).run_once()
    assert fired.subjects == []
    clock.advance(SECOND)
    await loop(ledger, fired).run_once()
    assert fired.subjects == ["agent:1"]


async def test_machines_whose_clocks_differ_a_little_leave_each_others_timers_alone(
    ledger: Ledger, clock: FrozenClock
) -> None:
    fired = Fired()
    clock.advance(10 * SECOND)
    await arm(ledger, "agent:1", 20 * SECOND)
    clock.advance(-10 * SECOND)
    assert await loop(ledger, fired).set_right() == 0
    clock.advance(29 * SECOND)
    await loop(ledger, fired).run_once()
    assert fired.subjects == []
    clock.advance(SECOND)
    await loop(ledger, fired).run_once()
    assert fired.subjects == ["agent:1"]


async def test_arming_again_moves_the_timer_and_another_entry_is_another_timer(
    ledger: Ledger, clock: FrozenClock
) -> None:
    fired = Fired()
    await arm(ledger, "order:1", MINUTE)
    await arm(ledger, "order:1", 3 * MINUTE)
    await arm(ledger, "order:1", 2 * MINUTE, entry_seq=2)
    clock.advance(MINUTE)
    assert await loop(ledger, fired).run_once() == 0
    clock.advance(2 * MINUTE)
    assert await loop(ledger, fired).run_once() == 2


async def test_a_timer_that_has_fired_can_be_armed_again(ledger: Ledger, clock: FrozenClock) -> None:
    fired = Fired()
    for _ in range(2):
        await arm(ledger, "order:1")
        clock.advance(MINUTE)
        await loop(ledger, fired).run_once()
    assert fired.subjects == ["order:1"] * 2


async def test_a_cancelled_timer_never_fires(ledger: Ledger, clock: FrozenClock) -> None:
    fired = Fired()
    await arm(ledger, "order:1")
    await arm(ledger, "order:1", code="U")
    await arm(ledger, "order:2")
    async with ledger.transaction() as tx:
        await timers.cancel(tx, subject="order:1", code="T")
    clock.advance(MINUTE)
    await TimerLoop(ledger, {"T": fired, "U": fired}).run_once()
    assert sorted(fired.subjects) == ["order:1", "order:2"]
    async with ledger.reading() as session:
        [cancelled] = await session.scalars(select(TimerRow).where(TimerRow.fired_at.is_(None)))
    assert (cancelled.code, cancelled.ended_at) == ("T", clock.now() - MINUTE)


async def test_a_handler_that_fails_undoes_its_work_is_tried_again_and_holds_up_nobody(
    ledger: Ledger, clock: FrozenClock
) -> None:
    tries: list[str] = []

    async def handler(tx: Transaction, timer: TimerRow) -> None:
        tries.append(timer.subject)
        tx.record(Fact("test.fired", timer.subject))
        if timer.subject == "order:1" and len(tries) == 1:
            raise RuntimeError("a fault of ours")

    await arm(ledger, "order:1", MINUTE)
    await arm(ledger, "order:2", 2 * MINUTE)
    clock.advance(2 * MINUTE)
    once = loop(ledger, handler)
    await once.run_once()
    assert tries == ["order:1", "order:2"]
    await once.run_once()
    assert tries == ["order:1", "order:2", "order:1"]
    assert await once.run_once() == 0


@pytest.mark.parametrize("rows", [51])
async def test_more_than_a_batch_takes_more_turns(ledger: Ledger, clock: FrozenClock, rows: int) -> None:
    fired = Fired()
    async with ledger.transaction() as tx:
        for n in range(rows):
            await timers.arm(tx, subject=f"order:{n}", entry_seq=1, code="T", due_at=tx.now)
    assert [await loop(ledger, fired).run_once() for _ in range(3)] == [50, 1, 0]


async def test_a_leader_that_has_lost_the_duty_fires_nothing_more(ledger: Ledger, clock: FrozenClock) -> None:
    fired = Fired()
    keepers = [LeaseKeeper(ledger, name) for name in ("frozen", "next")]
    leases = [keeper.lease("timers") for keeper in keepers]
    await keepers[0].turn()
    await arm(ledger, "order:1", timedelta(0))
    await keepers[0].give_back()
    leases[0].taken(leases[0].epoch, 0.0)  # it does not know yet
    await keepers[1].turn()
    assert leases[1].is_ours
    await asyncio.wait_for(TimerLoop(ledger.fenced(leases[0]), {"T": fired}).run(), 10)
    assert not leases[0].is_ours, "now it knows"
    assert fired.subjects == ["order:1"], "its handler ran, but nothing of it was written"
    assert await TimerLoop(ledger.fenced(leases[1]), {"T": fired}).run_once() == 1
