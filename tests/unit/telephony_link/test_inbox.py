"""Between the PBX and its one consumer: in order, bounded, never blocking."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.pbx_events import FenceReached
from callcenter.telephony.inbox import BATCH, Inbox

AT = datetime(2026, 11, 23, tzinfo=UTC)


def event(n: int) -> FenceReached:
    return FenceReached("pbx", AT, str(n))


@given(st.lists(st.integers(0, 120), max_size=12))
def test_what_comes_first_is_taken_first_in_batches(puts: list[int]) -> None:
    inbox, sent, taken = Inbox(), 0, []
    for count in puts:
        for _ in range(count):
            inbox.put(event(sent))
            sent += 1
        batch = inbox.take()
        assert len(batch) <= BATCH
        taken += batch
    while batch := inbox.take():
        taken += batch
    assert taken == [event(n) for n in range(sent)]
    assert len(inbox) == 0


def test_a_full_inbox_says_so_and_keeps_what_it_has() -> None:
    inbox = Inbox(most=3)
    for n in range(5):
        inbox.put(event(n))
    assert inbox.overflowed
    assert inbox.take() == [event(0), event(1), event(2)]


async def test_the_consumer_sleeps_until_something_comes_and_while_nothing_is_left() -> None:
    inbox = Inbox()
    waiting = asyncio.ensure_future(inbox.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.put(event(1))
    await waiting
    assert inbox.take() == [event(1)]
    again = asyncio.ensure_future(inbox.wait())
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()


async def test_a_batch_that_leaves_something_does_not_let_the_consumer_sleep() -> None:
    inbox = Inbox()
    for n in range(BATCH + 1):
        inbox.put(event(n))
    inbox.take()
    await asyncio.wait_for(inbox.wait(), 1)
    assert inbox.take() == [event(BATCH)]
