"""Everything that runs in production, on this machine, for one test worker: PBX, voice menu, service."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update

from callcenter.agents.models import Queue
from callcenter.agents.repository import list_agents
from callcenter.cli import starting
from callcenter.cli.addresses import find_instance, pbx_home, service_address, sign_ins
from callcenter.cli.machine import open_ledger
from callcenter.cli.processes import Background
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.pbx import instance
from callcenter.pbx.description import Instance
from callcenter.phones.incoming_call import IncomingCall
from callcenter.phones.place_call import CallPlan, place_call
from callcenter.phones.reports import CallReport
from callcenter.phones.softphone import Softphone
from callcenter.phones.talking import Talk

SERVICE_PORT_IN_BLOCK = 50


class Telephone:
    """Calls that have reached it, ringing."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[IncomingCall] = asyncio.Queue()

    def on_call(self, call: IncomingCall) -> None:
        call.ring()
        self._calls.put_nowait(call)

    async def ringing(self, seconds: float = 15.0) -> IncomingCall:
        return await asyncio.wait_for(self._calls.get(), seconds)


@dataclass
class Stack:
    """The running parts and what tests do with them."""

    settings: Settings
    agent_secrets: dict[str, str]

    @property
    def pbx(self) -> Instance:
        found = find_instance(self.settings)
        assert found is not None
        return found

    @property
    def url(self) -> str:
        host, port = service_address(self.settings)
        return f"http://{host}:{port}"

    @property
    def background(self) -> Background:
        return Background(self.settings.state_dir)

    def password(self, username: str) -> str:
        return sign_ins(self.settings)[username]

    @contextmanager
    def client(self, username: str) -> Iterator[httpx.Client]:
        """An HTTP client with that person's session, signed out at the end."""
        with httpx.Client(base_url=self.url, timeout=10) as client:
            form = {"username": username, "password": self.password(username)}
            client.post("/api/v1/auth/sign-in", json=form).raise_for_status()
            yield client
            client.post("/api/v1/auth/sign-out")

    @asynccontextmanager
    async def telephone(self, number: str) -> AsyncIterator[Telephone]:
        """An agent's registered desk telephone: it rings, and answers when it is told to."""
        telephone = Telephone()
        server = (self.pbx.sip_host, self.pbx.sip_port)
        async with Softphone(
            number, server, password=self.agent_secrets[number], on_call=telephone.on_call
        ) as softphone:
            await softphone.register()
            yield telephone

    def plan(self, from_number: str, *, name: str = "", press: str = "1", seconds: float = 60.0) -> CallPlan:
        server = (self.pbx.sip_host, self.pbx.sip_port)
        talk = Talk(press=press, press_after=0.8, say="tone", seconds=seconds)
        return CallPlan(number="96365", from_number=from_number, from_name=name, server=server, talk=talk)

    async def call(self, from_number: str, **how: Any) -> CallReport:
        return await place_call(self.plan(from_number, **how))

    def kill_service(self) -> None:
        running = self.background.running("service")
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        wait_until("the service is dead", lambda: self.background.running("service") is None)

    def stop_ivr(self) -> None:
        self.background.stop("ivr")

    def start_ivr(self) -> None:
        starting.start_ivr(self.settings, self.background, self.pbx, service_address(self.settings))

    def start_service(self) -> None:
        starting.start_service(self.settings, self.background)

    def stop(self) -> None:
        for name in ("service", "ivr"):
            self.background.stop(name)
        instance.stop(pbx_home(self.settings))


def wait_until(what: str, holds: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Poll a named condition; its value once it is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := holds():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


async def until(what: str, holds: Callable[[], Any], seconds: float = 15.0) -> Any:
    """As `wait_until`, while telephones and browsers go on."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := await asyncio.to_thread(holds):
            return value
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def start_stack(folder: Path, *, sounds: Path | None, database_url: str | None = None) -> Stack:
    """All parts on free ports with the demo city, no simulated telephones. `sounds`: None = the real prompts."""
    settings = Settings(state_dir=folder, sounds_dir=sounds, port=0, database_url=database_url)
    folder.mkdir(parents=True, exist_ok=True)
    schema.upgrade(settings.sqlalchemy_url)
    asyncio.run(starting.seed(settings))
    secrets = asyncio.run(_agent_secrets(settings))
    pbx = starting.start_pbx(settings, demo=True)
    # One of the PBX's own block: no outgoing connection can take it while the service is dead for a test.
    settings = settings.model_copy(update={"port": pbx.sip_port + SERVICE_PORT_IN_BLOCK})
    stack = Stack(settings, secrets)
    try:
        address = starting.start_service(settings, stack.background)
        starting.start_ivr(settings, stack.background, pbx, address)
    except BaseException:
        stack.stop()
        raise
    return stack


async def _agent_secrets(settings: Settings) -> dict[str, str]:
    ledger = open_ledger(settings)
    try:
        async with ledger.transaction() as tx:
            # Shorter than in service: some tests wait for a ring that nobody answers.
            await tx.session.execute(update(Queue).values(ring_seconds=12))
        async with ledger.reading() as session:
            return {agent.number: agent.sip_secret for agent in await list_agents(session)}
    finally:
        await ledger.database.close()


def newest_journey(client: httpx.Client, number: str) -> dict[str, Any] | None:
    """The newest journey of a number in full, if it is over."""
    found = client.get("/api/v1/journeys", params={"q": number}).json()["items"]
    if not found or not found[0]["ended_at"]:
        return None
    journey: dict[str, Any] = client.get(f"/api/v1/journeys/{found[0]['id']}").json()
    return journey
