"""Several real processes of the service on one PostgreSQL, and a telephone exchange that we play."""

import asyncio
import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from callcenter.auth.permissions import Role
from callcenter.foundation import schema
from callcenter.foundation.clock import SystemClock
from callcenter.foundation.database import Database
from callcenter.foundation.transactions import Ledger
from callcenter.pbx.description import Instance, write_description
from callcenter.pbx.instance import instance_dir
from callcenter.pbx.layout import InstanceLayout
from tests.fakes.fake_ami import Connection, FakeAmi
from tests.integration.conftest import PASSWORD, add_seat, add_user, until

AGENT, SEAT = "gulnar", "1001"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One `callcenter serve`."""

    port: int
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def health(self) -> dict[str, Any]:
        """/readyz; empty while it does not answer."""
        try:
            async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
                told: dict[str, Any] = (await client.get(f"{self.url}/readyz")).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return told

    async def owns_live(self) -> bool:
        told = await self.health()
        return bool(told) and bool(told["ami"]["owned_here"]) and bool(told["ami"]["ok"])

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(10)


@dataclass
class Centre:
    """The processes of one deployment, its exchange and its ledger as a bystander reads it."""

    ami: FakeAmi
    ledger: Ledger
    env: dict[str, str]
    folder: Path
    processes: list[Process] = field(default_factory=list)

    async def start(self, *options: str, **env: str) -> Process:
        port = free_port()
        log = self.folder / f"service-{port}.log"
        popen = subprocess.Popen(  # noqa: ASYNC220 - it only starts it
            [sys.executable, "-m", "callcenter", "serve", "--port", str(port), *options],
            env={**self.env, **env},
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
            cwd=self.folder,
        )
        made = Process(port, popen, log)
        self.processes.append(made)
        await until(made.health, f"{made.url} answers", 100)
        return made

    async def pair(self, **env: str) -> tuple[Process, Process]:
        """(the owner with a live link, another one that knows so)."""
        both = [await self.start(**env), await self.start(**env)]
        return await self.owner(both)

    async def owner(self, both: list[Process]) -> tuple[Process, Process]:
        async def found() -> Process | None:
            owners = [one for one in both if await one.owns_live()]
            assert len(owners) <= 1, "two owners"
            return owners[0] if owners else None

        owner: Process = await until(found, "one owns the exchange", 60)
        [other] = [one for one in both if one is not owner]
        await until(lambda: _sees(other), "the other one sees that", 60)
        return owner, other

    def live_links(self) -> list[Connection]:
        return [c for c in self.ami.connections if not c.writer.transport.is_closing()]


async def _sees(process: Process) -> bool:
    told = await process.health()
    return bool(told) and bool(told["ami"]["ok"])


@pytest.fixture(scope="session")
def shared_database(postgres_url: str) -> str:
    """A database of the processes' own, brought up by the migrations as in service."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS processes")
        connection.execute("CREATE DATABASE processes")
    url = postgres_url.rpartition("/")[0] + "/processes"
    schema.upgrade(url)
    return url


def _empty(url: str) -> None:
    tables = [table.name for table in schema.load_models().sorted_tables if table.name != "stream_heads"]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(tables)} CASCADE")  # type: ignore[arg-type]
        connection.execute("UPDATE stream_heads SET last = 0")


@pytest.fixture
async def centre(shared_database: str, tmp_path: Path) -> AsyncIterator[Centre]:
    await asyncio.to_thread(_empty, shared_database)
    async with opened_centre(shared_database, tmp_path) as made:
        yield made


@asynccontextmanager
async def opened_centre(url: str, folder: Path) -> AsyncIterator[Centre]:
    """An exchange, an agent, no process yet; all that are started are killed at the end."""
    ledger = Ledger(Database(url), SystemClock())
    await add_seat(ledger, SEAT, await add_user(ledger, AGENT, Role.AGENT), "hotline-zh")
    env = {
        **os.environ,
        "CALLCENTER_DATABASE_URL": url,
        "CALLCENTER_STATE_DIR": str(folder / "var"),
        "PYTHONPATH": str(schema.ROOT),
    }
    async with FakeAmi() as ami:
        describe(folder / "var", ami)
        made = Centre(ami, ledger, env, folder)
        try:
            yield made
        finally:
            for process in made.processes:
                process.kill()
            await ledger.database.close()


def describe(state_dir: Path, ami: FakeAmi) -> None:
    """The exchange as an instance that runs."""
    layout = InstanceLayout(instance_dir(state_dir=state_dir, name="pbx"))
    layout.description.parent.mkdir(parents=True)
    paths = {"pid_file": layout.pid_file, "monitor_dir": layout.monitor, "log_dir": layout.log}
    known: dict[str, Any] = {
        "name": "pbx",
        "ami_host": "127.0.0.1",
        "ami_port": ami.port,
        "ami_user": "callcenter",
        "ami_system_user": "callcenter-system",
        "ami_secret": ami.secret,
        "ami_system_secret": ami.secret,
        "version": "22.0.0",
        "program": ("asterisk",),
        "sip_host": "127.0.0.1",
        "carrier_host": "127.0.0.2",
        **paths,
    }
    ports = {each.name: 1 for each in dataclasses.fields(Instance) if each.name not in known}
    write_description(Instance(**known, **ports))


async def sign_in(process: Process) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=process.url, headers={"Origin": process.url}, timeout=15.0, trust_env=False)
    answer = await client.post("/api/v1/auth/sign-in", json={"username": AGENT, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return client
