"""Hostile input in volumes: the API, the websocket, AMI and AGI bytes, SIP. `prove` counts cases and complaints."""

import asyncio
import logging
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy
import uvicorn
from fastapi import FastAPI

from callcenter.app import create_app
from callcenter.cli.serving import SERVER
from callcenter.foundation.schema import load_models
from callcenter.foundation.settings import Settings
from callcenter.pbx.install import install
from callcenter.pbx.plan import QueueRow
from tests.browser.stack import until
from tests.hostile import agi_bytes, ami_bytes, frames, scanners, sip, sipp
from tests.hostile.furnished import furnish
from tests.hostile.tried import Tried
from tests.postgres import running_postgres
from tests.real_asterisk.ami_wire import ami
from tests.real_asterisk.running_pbx import RunningPbx, plan_of, start_pbx

EXAMPLES, EXAMPLES_POSTGRESQL, ROUNDS_OF_FRAMES = 100, 20, 5
STREAMS, ENORMOUS, SESSIONS = 300, 20, 200
ROUNDS_OF_TORTURE, GUESSES = 20, 2_000


@dataclass
class HostileResult:
    """`cases`: how many of each kind were tried. `complaints`: answers 5xx, hangs, things executed, and the like."""

    cases: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.cases.values())

    def add(self, tried: Tried) -> None:
        for kind, count in tried.cases.items():
            self.cases[kind] = self.cases.get(kind, 0) + count
        self.complaints += tried.complaints


def prove(scale: float, rng: random.Random) -> HostileResult:
    """Everything once; a part that fails is a complaint, and the others still run."""
    result = HostileResult()
    logging.disable(logging.WARNING)  # thousands of hostile peers are logged as such, and rightly
    parts: list[tuple[str, Callable[[], Tried]]] = [
        ("API on SQLite", lambda: asyncio.run(_api(_many(EXAMPLES, scale), _many(ROUNDS_OF_FRAMES, scale), rng))),
        ("API on PostgreSQL", lambda: _api_on_postgresql(_many(EXAMPLES_POSTGRESQL, scale), rng)),
        ("AMI", lambda: asyncio.run(ami_bytes.listen(_many(STREAMS, scale), _many(ENORMOUS, scale), rng))),
        ("AGI", lambda: agi_bytes.call_up(_many(SESSIONS, scale), rng)),
        ("SIP", lambda: _sip(scale)),
    ]
    try:
        for name, part in parts:
            try:
                result.add(part())
            except Exception as error:
                result.complaints.append(f"{name}: not tried to its end ({type(error).__name__}: {str(error)[:200]})")
    finally:
        logging.disable(logging.NOTSET)
    return result


def _many(full: int, scale: float) -> int:
    return max(1, round(full * scale))


async def _api(examples: int, rounds: int, rng: random.Random, url: str | None = None) -> Tried:
    """The HTTP API, and on SQLite the websocket too. `url`: of an empty PostgreSQL database with its tables."""
    with tempfile.TemporaryDirectory(prefix="prove-api-") as folder:
        home = Path(folder)
        settings = Settings(_env_file=None, database_url=url, state_dir=home)  # type: ignore[call-arg]
        _make_tables(url or f"sqlite:///{home / 'callcenter.db'}")
        app = create_app(settings)
        trial = await furnish(app, home / "monitor")
        tried = await trial.run(examples, rng.randrange(1 << 30))
        tried.cases = type(tried.cases)({f"API as {name}": count for name, count in tried.cases.items()})
        if url is None:
            cookie = next(person.headers["Cookie"] for person in trial.people if person.name == "agent")
            await trial.sign_in_again()
            async with _served(app) as address:
                tried.add(await frames.send_frames(frames.Desk(address, cookie), rounds))
        await app.state.ledger.database.close()
        return tried


def _make_tables(url: str) -> None:
    engine = sqlalchemy.create_engine(url)
    load_models().create_all(engine)
    engine.dispose()


def _api_on_postgresql(examples: int, rng: random.Random) -> Tried:
    with running_postgres() as url:
        tried = asyncio.run(_api(examples, 0, rng, url))
    tried.cases = type(tried.cases)({f"{name}, PostgreSQL": count for name, count in tried.cases.items()})
    return tried


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", **SERVER))
        serving = asyncio.create_task(server.serve(sockets=[door]))
        await until("the web server runs", lambda: server.started)
        try:
            yield f"127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@contextmanager
def _pbx() -> Iterator[RunningPbx]:
    """One of our own, without prompts: what is done to it is nobody else's business."""
    build = install(lambda _: None)
    with tempfile.TemporaryDirectory(prefix="prove-sip-") as folder:
        home, silence = Path(folder) / "var", Path(folder) / "silence"
        silence.mkdir(parents=True)
        queues = (QueueRow(name="hotline-zh", wrapuptime=0), QueueRow(name="hotline-ug", language="ug", wrapuptime=0))
        running = start_pbx(plan_of("hostile", home, queues=queues, sounds_dir=silence), build, home)
        try:
            yield running
        finally:
            running.stop()


def _sip(scale: float) -> Tried:
    with _pbx() as pbx, tempfile.TemporaryDirectory(prefix="prove-scan-") as folder:
        return asyncio.run(_all_sip(pbx, Path(folder), scale))


async def _all_sip(pbx: RunningPbx, folder: Path, scale: float) -> Tried:
    tried = Tried()
    async with ami(pbx.instance.ami_port, "tracer", pbx.tracer_secret) as tracer:
        tried.add(await sip.torture(pbx, tracer, _many(ROUNDS_OF_TORTURE, scale)))
        tried.add(await scanners.scan(pbx, tracer, folder, _many(GUESSES, scale)))
        tried.add(await sipp.call_in(pbx, tracer, folder, list(sipp.froms())))
    return tried
