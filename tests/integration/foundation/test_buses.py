"""One contract for every bus: local, PostgreSQL's NOTIFY, Redis. Wake-ups reach all ends, also after a lost line."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callcenter.foundation import bus as bus_module
from callcenter.foundation.bus import LOOK, Bus, LocalBus
from callcenter.foundation.buses import bus_of
from callcenter.foundation.settings import Settings
from tests.integration.conftest import until
from tests.redis_server import PrivateRedis, running_redis


@pytest.fixture(scope="session")
def redis_server() -> Iterator[PrivateRedis]:
    with running_redis() as server:
        yield server


class End:
    """One process: its bus, running, and what it has heard of the topic `facts`."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.heard: list[int] = []
        self.others: list[int] = []
        bus.listen("facts", self.heard.append)
        bus.listen("effects", self.others.append)
        self._job = asyncio.create_task(bus.run())

    async def stop(self) -> None:
        self._job.cancel()
        await asyncio.gather(self._job, return_exceptions=True)


class Network:
    """Ends of one deployment, and how its line is broken."""

    def __init__(self, make: Callable[[], Bus], cut: Callable[[], Any]) -> None:
        self._make = make
        self.cut = cut
        self.ends: list[End] = []

    async def end(self) -> End:
        """A new end, connected: it was told to look."""
        made = End(self._make())
        self.ends.append(made)
        await until(lambda: LOOK in made.heard, "the end is connected")
        made.heard.clear()
        made.others.clear()
        return made


def settings(tmp_path: Path, **changes: Any) -> Settings:
    return Settings(_env_file=None, state_dir=tmp_path, **changes)  # type: ignore[call-arg]


def local(request: pytest.FixtureRequest, tmp_path: Path) -> Network:
    ends: list[LocalBus] = []
    return Network(lambda: LocalBus(ends), lambda: None)


def postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Network:
    url: str = request.getfixturevalue("postgres_url")

    def cut() -> None:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'callcenter bus'"
            )

    return Network(lambda: bus_of(settings(tmp_path, database_url=url)), cut)


def redis(request: pytest.FixtureRequest, tmp_path: Path) -> Network:
    server: PrivateRedis = request.getfixturevalue("redis_server")

    def cut() -> None:
        server.stop()
        server.start()

    chosen = settings(tmp_path, bus="redis", redis_url=server.url)
    return Network(lambda: bus_of(chosen), cut)


@pytest.fixture(params=[local, pytest.param(postgresql, marks=pytest.mark.postgresql), redis])
async def network(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Network]:
    monkeypatch.setattr(bus_module, "LEAST_WAIT", 0.02)
    made: Network = request.param(request, tmp_path)
    yield made
    for end in made.ends:
        await end.stop()


async def test_all_ends_hear_it_also_the_sender_s_own(network: Network) -> None:
    a, b, c = await network.end(), await network.end(), await network.end()
    a.bus.publish("facts", 7)
    for end in (a, b, c):
        await until(lambda end=end: end.heard == [7], "it is heard")  # type: ignore[misc]
    b.bus.publish("facts", 8)
    for end in (a, b, c):
        await until(lambda end=end: end.heard == [7, 8], "the next too")  # type: ignore[misc]


async def test_topics_are_told_apart(network: Network) -> None:
    a, b = await network.end(), await network.end()
    a.bus.publish("effects")
    a.bus.publish("nobody listens", 3)
    a.bus.publish("facts", 9)
    await until(lambda: (b.heard, b.others) == ([9], [LOOK]), "each under its own topic")


async def test_of_many_at_once_the_highest_arrives_and_never_backwards(network: Network) -> None:
    a, b = await network.end(), await network.end()
    for number in range(1, 2001):
        a.bus.publish("facts", number)
        if number % 100 == 0:
            await asyncio.sleep(0)
    await until(lambda: b.heard[-1:] == [2000], "the highest")
    assert b.heard == sorted(set(b.heard))


async def test_a_listener_that_fails_harms_nobody(network: Network) -> None:
    a, b = await network.end(), await network.end()

    def fails(_: int) -> None:
        raise RuntimeError("a fault of ours")

    b.bus.listen("effects", fails)
    a.bus.publish("effects", 1)
    a.bus.publish("facts", 1)
    await until(lambda: b.heard == [1], "the line still works")


async def test_after_a_lost_line_all_are_told_to_look_and_hear_again(network: Network) -> None:
    a, b = await network.end(), await network.end()
    await asyncio.to_thread(network.cut)
    a.bus.publish("facts", 5)  # into a dead connection, or a new one

    async def hears(number: int) -> bool:
        a.bus.publish("facts", number)
        return bool(b.heard) and b.heard[-1] in (5, number) and number in b.heard

    await until(lambda: LOOK in b.heard or 5 in b.heard, "it knows that there may be something", 20)
    await until(lambda: hears(6), "new wake-ups come through", 20)


async def test_published_before_the_line_is_up_it_is_sent_when_it_is(network: Network) -> None:
    b = await network.end()
    early = network._make()
    early.publish("facts", 4)
    network.ends.append(End(early))
    await until(lambda: b.heard == [4], "it has arrived")


async def test_what_is_no_wake_up_is_nobody_s() -> None:
    a = End(LocalBus())
    for text in ("", "facts", "facts x", "facts -1", "facts 1 2", "facts " + "9" * 30, "\x00 1", "facts ١٢"):
        a.bus.hear_text(text)  # type: ignore[attr-defined]
    assert [number for number in a.heard if number] in ([], [12])
    await a.stop()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "LocalBus"),
        ({"database_url": "postgresql+psycopg://x@127.0.0.1/y"}, "PostgresqlBus"),
        ({"database_url": "postgresql+psycopg://x@127.0.0.1/y", "bus": "redis"}, "RedisBus"),
        ({"bus": "local"}, "LocalBus"),
    ],
)
async def test_the_bus_follows_from_the_database_unless_it_is_chosen(
    tmp_path: Path, changes: dict[str, Any], kind: str
) -> None:
    assert type(bus_of(settings(tmp_path, **changes))).__name__ == kind


async def test_notify_without_postgresql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a PostgreSQL"):
        bus_of(settings(tmp_path, bus="postgresql"))
