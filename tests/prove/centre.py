"""The whole system on this machine for the proof: PBX, menu, service, an AMI that can be cut, agents' seats."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import sqlite3
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy
from sqlalchemy import update

from callcenter.agents.models import Queue
from callcenter.agents.repository import list_agents
from callcenter.bench.agents import make_agents
from callcenter.cli import starting
from callcenter.cli.addresses import service_address
from callcenter.cli.machine import open_ledger
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.pbx.description import write_description
from callcenter.pbx.install import install
from callcenter.pbx.secret_store import write_private
from tests.browser.stack import SERVICE_PORT_IN_BLOCK, Stack, wait_until
from tests.postgres import PrivatePostgres
from tests.prove.ami_proxy import AmiProxy
from tests.prove.clocks import JumpingClock

FIRST_SEAT, SEATS = 1101, 5
WRAP_UP_SECONDS = 1
RING_SECONDS = 5
START_SECONDS = 150
COOKIE = "cc_session"
SERVICE, SECOND = "service", "service-2"

OPEN_JOURNEYS = "SELECT count(*) FROM journeys WHERE ended_at IS NULL AND state NOT IN ('merged', 'discarded')"
AGENTS_AWAY = (
    "SELECT a.number, p.person FROM agents a JOIN presences p ON p.agent_id = a.id"
    f" WHERE a.number >= '{FIRST_SEAT}' AND p.person <> 'ready' ORDER BY a.number"
)


@dataclass
class Centre:
    stack: Stack
    proxy: AmiProxy
    cookies: dict[str, str]
    postgres: PrivatePostgres | None = None
    clock: JumpingClock | None = None
    ports: dict[str, int] = field(default_factory=dict)
    """Of the service and, where there are two, of the second."""

    def __post_init__(self) -> None:
        url = self.settings.sqlalchemy_url.replace("+aiosqlite", "")
        self._ledger = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)

    @property
    def settings(self) -> Settings:
        return self.stack.settings

    @property
    def sip(self) -> tuple[str, int]:
        return self.stack.pbx.sip_host, self.stack.pbx.sip_port

    # what one sees of it

    def health(self, name: str | None = None) -> dict[str, Any]:
        """/readyz of that service, or of the one that owns the PBX; empty while none answers."""
        told: dict[str, Any] = {}
        for port in [self.ports[name]] if name else self.ports.values():
            try:
                with _client(1.0) as client:
                    told = client.get(f"http://127.0.0.1:{port}/readyz").json() or told
            except (httpx.HTTPError, ValueError):
                continue
            if _owns(told):
                break
        return told

    def is_live(self) -> bool:
        told = self.health()
        return _owns(told) and bool(told["ami"]["ok"] and told["database"]["ok"])

    def owners(self) -> list[str]:
        """Services that own the PBX by their own word."""
        return [name for name in self.ports if _owns(self.health(name))]

    def clock_ahead(self) -> float:
        """Seconds by which the service's clock is ahead of this machine's, by the Date of its answers."""
        with _client(5.0) as client:
            told = client.get(f"http://127.0.0.1:{self.ports[SERVICE]}/healthz").headers["date"]
        return parsedate_to_datetime(told).timestamp() - time.time()

    def open_journeys(self) -> int | None:
        """As the ledger has them; None while it cannot be read."""
        try:
            with self._ledger.connect() as connection:
                return int(connection.exec_driver_sql(OPEN_JOURNEYS).scalar_one())
        except sqlalchemy.exc.SQLAlchemyError:
            return None

    def agents_away(self) -> list[str]:
        """Seats that are not ready, with what they are instead."""
        with self._ledger.connect() as connection:
            return [f"{number} {person}" for number, person in connection.exec_driver_sql(AGENTS_AWAY)]

    def pbx_has_kept(self, addresses: Iterable[tuple[str, int]]) -> bool:
        """Whether it has written down, for when it comes back, that telephones are registered at these addresses.

        It does so a second after a change; killed before, it has not heard of telephones that have just come.
        """
        file = self.stack.pbx.layout.var / "astdb.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            kept = database.execute("SELECT value FROM astdb WHERE key LIKE '/registrar/contact/%'").fetchall()
        return all(any(f"@{host}:{port}" in value for (value,) in kept) for host, port in addresses)

    def desk(self, seat: str) -> httpx.Client:
        return _client(3.0, {COOKIE: self.cookies[seat]})

    # what one does to it

    def put_proxy_in_front(self) -> None:
        """The service finds the proxy where the PBX's AMI was described."""
        pbx = self.stack.pbx
        if pbx.ami_port != self.proxy.port:
            self.proxy.target = (pbx.ami_host, pbx.ami_port)
            write_description(dataclasses.replace(pbx, ami_port=self.proxy.port))

    def pid(self, name: str) -> int:
        """Of `pbx` or one of our background programs."""
        if name == "pbx":
            return int(self.stack.pbx.pid_file.read_text())
        running = self.stack.background.running(name)
        assert running is not None, f"{name} does not run"
        return running.pid

    def kill(self, name: str) -> None:
        """SIGKILL, and wait until it is gone."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        wait_until(f"{name} is dead", lambda: not _lives(pid))

    def freeze(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGCONT)

    def start_pbx(self) -> None:
        starting.start_pbx(self.settings, demo=True)
        self.put_proxy_in_front()

    def start_service(self, name: str = SERVICE) -> None:
        """Start it and come back at once; see `health`."""
        state = self.settings.state_dir
        env = {
            "CALLCENTER_STATE_DIR": str(state.resolve()),
            "CALLCENTER_IVR_TOKEN": starting._ivr_token(self.settings),
            **(self.clock.env if self.clock else {}),
        }
        arguments = ("serve", "--host", "127.0.0.1", "--port", str(self.ports[name]))
        self.stack.background.start(name, "callcenter", *arguments, env=env)

    def stop(self) -> None:
        for name in ("pbx", "ivr", SERVICE, SECOND):
            try:
                self.thaw(name)
            except (AssertionError, OSError, ValueError):
                continue
        self.stack.background.stop(SECOND)
        self.stack.stop()
        if self.postgres is not None:
            self.postgres.remove()


_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading the machine's list of them costs 50 ms of the processor, and there are 20 looks a second; no TLS here."""


def _client(seconds: float, cookies: dict[str, str] | None = None) -> httpx.Client:
    return httpx.Client(cookies=cookies, timeout=seconds, verify=_NO_AUTHORITIES)


def _owns(told: dict[str, Any]) -> bool:
    return bool(told.get("ami", {}).get("owned_here"))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def running_centre(folder: Path, *, postgresql: bool = False, clock: bool = False) -> Iterator[Centre]:
    """Everything, without prompts, so that a caller is at the menu at once. Sets environment variables for good."""
    install(lambda _: None)
    silence = folder / "silence"
    silence.mkdir(parents=True)
    os.environ["CALLCENTER_WRAP_UP_SECONDS"] = str(WRAP_UP_SECONDS)
    postgres = PrivatePostgres() if postgresql else None
    if postgres is not None:
        postgres.start()
        postgres.create_database()
        os.environ["CALLCENTER_DATABASE_URL"] = postgres.url
    settings = Settings(state_dir=folder / "var", sounds_dir=silence, port=0)
    (folder / "var").mkdir(exist_ok=True)
    schema.upgrade(settings.sqlalchemy_url)
    asyncio.run(starting.seed(settings))
    secrets, cookies = asyncio.run(_seats(settings))
    pbx = starting.start_pbx(settings, demo=True)
    settings = settings.model_copy(update={"port": pbx.sip_port + SERVICE_PORT_IN_BLOCK})
    write_private(settings.state_dir / "service.json", f'{{"host": "127.0.0.1", "port": {settings.port}}}')
    centre = Centre(
        Stack(settings, secrets),
        AmiProxy((pbx.ami_host, pbx.ami_port)),
        cookies,
        postgres,
        JumpingClock(folder) if clock else None,
        {SERVICE: settings.port},
    )
    try:
        centre.put_proxy_in_front()
        centre.start_service()
        starting.start_ivr(settings, centre.stack.background, pbx, service_address(settings))
        wait_until("the service is live", centre.is_live, START_SECONDS)
        yield centre
    finally:
        centre.stop()


async def _seats(settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """(SIP password, cookie) by seat; short rings."""
    ledger = open_ledger(settings)
    try:
        cookies = await make_agents(ledger, SEATS, first=FIRST_SEAT)
        async with ledger.transaction() as tx:
            await tx.session.execute(update(Queue).values(ring_seconds=RING_SECONDS, most_wait_seconds=60))
        async with ledger.reading() as session:
            return {agent.number: agent.sip_secret for agent in await list_agents(session)}, cookies
    finally:
        await ledger.database.close()
