"""Facts of all processes reach those who watch in each: once, in order, without reading back one's own."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from callcenter.foundation import facts
from callcenter.foundation.bus import FACTS, LocalBus
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.database import Database
from callcenter.foundation.facts import Fact
from callcenter.foundation.follower import Follower
from callcenter.foundation.transactions import Ledger
from tests.integration.conftest import until


class Deaf(LocalBus):
    """Every wake-up is lost."""

    def hear(self, topic: str, number: int) -> None:
        return


class Process:
    def __init__(self, url: str, clock: FrozenClock, bus: LocalBus, every_seconds: float = 30.0) -> None:
        self.ledger = Ledger(Database(url), clock)
        self.follower = Follower(self.ledger, bus, every_seconds)
        self.shown: list[int] = []
        self.subjects: list[str] = []
        self.ledger.watch(lambda recorded: self.shown.extend(one.position for one in recorded))
        self.ledger.watch(lambda recorded: self.subjects.extend(one.fact.subject for one in recorded))
        self._jobs = [asyncio.create_task(bus.run()), asyncio.create_task(self.follower.run())]

    async def begun(self) -> "Process":
        await until(lambda: self.follower._begun, "it follows")
        return self

    async def write(self, subject: str, count: int = 1) -> None:
        async with self.ledger.transaction() as tx:
            for n in range(count):
                tx.record(Fact("test.happened", f"{subject}:{n}"))

    async def stop(self) -> None:
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        await self.ledger.database.close()


@pytest.fixture
async def pair(database_url: str, clock: FrozenClock) -> AsyncIterator[tuple[Process, Process]]:
    ends: list[LocalBus] = []
    a, b = [await Process(database_url, clock, LocalBus(ends)).begun() for _ in range(2)]
    yield a, b
    for process in (a, b):
        await process.stop()


async def test_what_one_records_the_other_shows(pair: tuple[Process, Process]) -> None:
    a, b = pair
    await a.write("from-a", 3)
    assert a.shown == [1, 2, 3], "its own at once"
    await until(lambda: b.shown == [1, 2, 3], "the other's soon")
    await b.write("from-b")
    await until(lambda: a.shown == [1, 2, 3, 4], "and back")


async def test_all_is_shown_once_and_in_order_when_both_write_at_once(pair: tuple[Process, Process]) -> None:
    async def write(process: Process, name: str) -> None:
        for n in range(25):
            await process.write(f"{name}{n}", random.randint(1, 3))
            await asyncio.sleep(0)

    await asyncio.gather(*(write(process, name) for process in pair for name in "xyz"))
    async with pair[0].ledger.reading() as session:
        rows = await facts.read_since(session, 0, 10_000)
    for process in pair:
        await until(lambda p=process: len(p.shown) >= len(rows), "all of it")  # type: ignore[misc]
        assert process.shown == [row.position for row in rows]
        assert process.subjects == [row.fact.subject for row in rows]


async def test_one_s_own_facts_are_not_read_back(
    pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = pair
    await until(lambda: not a.follower._look.is_set(), "the look at the start is over")
    read: list[int] = []

    async def look() -> None:
        read.append(1)

    monkeypatch.setattr(a.follower, "_catch_up", look)
    for n in range(5):
        await a.write(f"a{n}", 2)
    assert a.shown == list(range(1, 11))
    assert read == []


async def test_a_wake_up_that_is_lost_only_costs_time(database_url: str, clock: FrozenClock) -> None:
    ends: list[LocalBus] = []
    a = await Process(database_url, clock, LocalBus(ends)).begun()
    b = await Process(database_url, clock, Deaf(ends), every_seconds=0.05).begun()
    await a.write("from-a", 2)
    await until(lambda: b.shown == [1, 2], "found by looking")
    for process in (a, b):
        await process.stop()


async def test_more_than_a_batch_behind_it_catches_up(
    database_url: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.foundation.follower.BATCH", 4)
    ends: list[LocalBus] = []
    a = await Process(database_url, clock, LocalBus(ends)).begun()
    b = await Process(database_url, clock, Deaf(ends), every_seconds=0.2).begun()
    for n in range(5):
        await a.write(f"a{n}", 3)
    await b.write("from-b")
    await until(lambda: b.shown == list(range(1, 17)), "all, its own last")
    for process in (a, b):
        await process.stop()


async def test_whoever_starts_later_shows_only_what_comes(database_url: str, clock: FrozenClock) -> None:
    ends: list[LocalBus] = []
    a = await Process(database_url, clock, LocalBus(ends)).begun()
    await a.write("before", 3)
    b = await Process(database_url, clock, LocalBus(ends)).begun()
    await a.write("after")
    await until(lambda: b.shown == [4], "the new one")
    assert a.shown == [1, 2, 3, 4]
    for process in (a, b):
        await process.stop()


async def test_a_wake_up_for_more_than_there_is_shows_nothing(pair: tuple[Process, Process]) -> None:
    a, b = pair
    a.follower._bus.publish(FACTS, 10**9)
    await a.write("from-a")
    await until(lambda: b.shown == [1], "what there is")


async def test_the_first_facts_of_an_empty_ledger_may_come_from_two_at_once(pair: tuple[Process, Process]) -> None:
    await asyncio.gather(*(process.write(f"p{n}") for n in range(4) for process in pair))
    async with pair[0].ledger.reading() as session:
        assert [row.position for row in await facts.read_since(session, 0)] == list(range(1, 9))
