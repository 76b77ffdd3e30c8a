"""A job that dies by a fault of ours is seen, and goes on; at the end each is cancelled once."""

import asyncio

import pytest

from callcenter.foundation.jobs import TOLD_SECONDS, Jobs


class Now:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def test_a_job_that_fails_is_told_and_begins_again_while_the_others_go_on() -> None:
    now, begun, again, ticks = Now(), 0, asyncio.Event(), asyncio.Event()
    jobs = Jobs(again_seconds=0, clock=now)

    async def poisoned() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise ValueError("a fact that nobody expected")
        again.set()
        await _for_ever()

    async def other() -> None:
        await again.wait()
        ticks.set()
        await _for_ever()

    jobs.begin({"poisoned": poisoned, "other": other})
    async with asyncio.timeout(10):
        await ticks.wait()
    assert (begun, dict(jobs.faults), jobs.ok) == (2, {"poisoned": 1}, False)
    now.seconds += TOLD_SECONDS
    assert jobs.ok, "it runs again for a minute"
    await jobs.end()
    assert (begun, dict(jobs.faults)) == (2, {"poisoned": 1})


async def test_a_cancellation_that_was_not_meant_for_the_job_does_not_end_it() -> None:
    jobs, again = Jobs(again_seconds=0), asyncio.Event()

    async def waits_for_what_is_cancelled() -> None:
        if jobs.faults:
            again.set()
            await _for_ever()
        lost = asyncio.get_running_loop().create_future()
        lost.cancel()
        await lost

    jobs.begin({"one": waits_for_what_is_cancelled})
    async with asyncio.timeout(10):
        await again.wait()
    await jobs.end()
    assert dict(jobs.faults) == {"one": 1}


async def test_a_job_that_returns_is_over() -> None:
    jobs, done = Jobs(again_seconds=0), 0

    async def once() -> None:
        nonlocal done
        done += 1

    jobs.begin({"once": once})
    await asyncio.gather(*jobs._tasks)
    assert (done, jobs.ok) == (1, True)


@pytest.mark.parametrize("fault", [None, ValueError("while it ends")])
async def test_the_end_cancels_each_job_once_and_waits_for_it(fault: Exception | None) -> None:
    jobs, began, cancelled, clean = Jobs(again_seconds=60), asyncio.Event(), 0, False

    async def tidy() -> None:
        nonlocal cancelled, clean
        began.set()
        try:
            await _for_ever()
        except asyncio.CancelledError:
            cancelled += 1
            for _ in range(3):
                await asyncio.sleep(0)  # a second cancellation would break off here
            clean = True
            if fault is not None:
                raise fault from None
            raise

    jobs.begin({"tidy": tidy})
    async with asyncio.timeout(10):
        await began.wait()
        await jobs.end()
    assert (cancelled, clean) == (1, True)
