"""The whole service on an empty database: people by role, their browsers, and a telephone system that we play."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from callcenter.agents import repository as agents
from callcenter.agents import seats
from callcenter.agents.models import Agent, Presence
from callcenter.app import create_app
from callcenter.auth import passwords
from callcenter.auth.models import User, UserRole
from callcenter.auth.permissions import Role
from callcenter.calls.consequences import Consequences
from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineEvent
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.ids import new_id
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger

ORIGIN = "http://desk.test"
PASSWORD = "天山雪水-2026"
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
STORED = CHEAP.hash(PASSWORD)

WRAP_UP = timedelta(seconds=90)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm at a fraction of its price; what we pay in earnest is in tests/unit/auth."""
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    monkeypatch.setattr(passwords, "_NOBODY", CHEAP.hash("nobody"))


async def add_user(ledger: Ledger, username: str, *roles: Role) -> uuid.UUID:
    user_id = new_id()
    async with ledger.transaction() as tx:
        tx.session.add(
            User(
                id=user_id,
                username=username,
                display_name=username.title(),
                password_hash=STORED,
                active=True,
                created_at=tx.now,
                roles=[UserRole(role=role) for role in roles],
            )
        )
    return user_id


async def add_seat(ledger: Ledger, number: str, user_id: uuid.UUID | None = None, *queues: str) -> Agent:
    async with ledger.transaction() as tx:
        for queue in queues:
            await seats.add_queue(tx, name=queue, label=queue, language="zh")
        return await seats.add_agent(
            tx, number=number, name=f"Agent {number}", user_id=user_id, queues=dict.fromkeys(queues, 0)
        )


async def presence_of(ledger: Ledger, number: str) -> Presence:
    async with ledger.reading() as session:
        agent = await agents.by_number(session, number)
        assert agent is not None
        return await session.get_one(Presence, agent.id)


def new_engine(ledger: Ledger, pbx: str = "a") -> CallEngine:
    consequences = Consequences(wrap_up=WRAP_UP, lost_caller_within=timedelta(minutes=30))
    return CallEngine(ledger, pbx, consequences, area_code="0991")


async def feed(engine: CallEngine, events: Iterable[LineEvent], batch: int = 50) -> None:
    """Events as the consumer takes them: in batches."""
    waiting = list(events)
    while waiting:
        await engine.take(waiting[:batch])
        del waiting[:batch]


async def until(condition: Callable[[], Awaitable[Any] | Any], what: str, seconds: float = 10.0) -> Any:
    """Poll a named condition till it holds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.01)


@dataclass
class Service:
    app: FastAPI
    ledger: Ledger
    clock: FrozenClock
    settings: Settings
    monitor_dir: Path
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def browser(self, address: str = "10.0.0.1") -> httpx.AsyncClient:
        """A browser on our own page, not signed in."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000))
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN})
        return await self._stack.enter_async_context(client)

    async def signed_in(self, username: str, *roles: Role, seat: str | None = None) -> httpx.AsyncClient:
        """A new user's browser after the sign-in; `seat` is the agent's number."""
        user_id = await add_user(self.ledger, username, *roles)
        if seat is not None:
            await add_seat(self.ledger, seat, user_id, "hotline-zh")
        return await self.sign_in(username)

    async def sign_in(self, username: str) -> httpx.AsyncClient:
        browser = await self.browser()
        answer = await browser.post("/api/v1/auth/sign-in", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return browser


@pytest.fixture
async def service(database_url: str, clock: FrozenClock, tmp_path: Path) -> AsyncIterator[Service]:
    settings = Settings(_env_file=None, database_url=database_url, state_dir=tmp_path / "var")  # type: ignore[call-arg]
    app = create_app(settings, clock)
    monitor_dir = tmp_path / "monitor"
    monitor_dir.mkdir()
    app.state.monitor_dir = lambda pbx: monitor_dir
    made = Service(app, app.state.ledger, clock, settings, monitor_dir)
    async with made._stack:
        yield made
    await made.ledger.database.close()
