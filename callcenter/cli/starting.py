"""Bringing the parts up one after another, each only when the one before is ready."""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from callcenter.cli.addresses import find_instance, listens, pbx_home, service_address, sign_ins, sign_ins_file
from callcenter.cli.machine import open_ledger, pbx_plan
from callcenter.cli.output import fail, say
from callcenter.cli.processes import Background
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.foundation.state_dir import make_private_dir
from callcenter.pbx import instance
from callcenter.pbx.description import Instance
from callcenter.pbx.install import install
from callcenter.pbx.secret_store import write_private
from callcenter.seed.demo import seed_city
from callcenter.seed.people import STAFF

READY_SECONDS = 40.0
DEMO_ON_DUTY = "1001"
"""Signed in by `up --demo`, so that the first call finds an agent."""
PHONE_ANSWERS_AFTER = "12"


def bring_up(settings: Settings, *, demo: bool) -> None:
    make_private_dir(settings.state_dir)
    background = Background(settings.state_dir)
    say("database: bringing the schema up to date")
    schema.upgrade(settings.sqlalchemy_url)
    if demo:
        say("demo city: staff, zones, price book, households, orders")
        asyncio.run(seed(settings))
    pbx = start_pbx(settings, demo=demo)
    say(f"pbx: Asterisk {pbx.version}, SIP on {pbx.sip_host}:{pbx.sip_port}")
    address = start_service(settings, background)
    start_ivr(settings, background, pbx, address)
    if demo:
        start_phones(settings, background)


async def seed(settings: Settings) -> None:
    """Staff and the demo city, made if new."""
    ledger = open_ledger(settings)
    try:
        await seed_city(ledger, sign_ins_file(settings))
    finally:
        await ledger.database.close()


def start_pbx(settings: Settings, *, demo: bool) -> Instance:
    """The running PBX, started if need be."""
    known = find_instance(settings)
    if known is not None and instance.status(pbx_home(settings)).running:
        return known
    build = install(lambda line: say(f"pbx: {line}"))
    return instance.start(plan=pbx_plan(settings, demo=demo), build=build, state_dir=settings.state_dir)


def _ivr_token(settings: Settings) -> str:
    path = settings.state_dir / "ivr-token"
    if not path.is_file():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text()


def _free_port(host: str, wished: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wished))
        except OSError:
            probe.bind((host, 0))  # another program has the wished one
        return int(probe.getsockname()[1])


def start_service(settings: Settings, background: Background) -> tuple[str, int]:
    """Address of the service once it is ready (database, PBX link, browser application)."""
    if background.running("service"):
        return service_address(settings)
    host, port = settings.host, _free_port(settings.host, settings.port)
    write_private(settings.state_dir / "service.json", json.dumps({"host": host, "port": port}))
    env = service_environment(settings)
    background.start("service", "callcenter", "serve", "--host", host, "--port", str(port), env=env)
    say(f"service: http://{host}:{port}/")
    _wait("service", background, lambda: _answers(f"http://{host}:{port}/readyz"))
    return host, port


def service_environment(settings: Settings) -> dict[str, str]:
    """What a process of this deployment's service must be told."""
    env = {"CALLCENTER_IVR_TOKEN": _ivr_token(settings), "CALLCENTER_STATE_DIR": str(settings.state_dir.resolve())}
    return env | ({"CALLCENTER_DATABASE_URL": settings.database_url} if settings.database_url else {})


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def start_ivr(settings: Settings, background: Background, pbx: Instance, address: tuple[str, int]) -> None:
    """The voice menu, listening where the PBX asks for it."""
    env = {
        "IVR_HOST": "127.0.0.1",
        "IVR_PORT": str(pbx.agi_port),
        "IVR_BACKEND_URL": f"http://{address[0]}:{address[1]}",
        "IVR_TOKEN": _ivr_token(settings),
    }
    background.start("ivr", "ivr", env=env)
    say(f"ivr: FastAGI on 127.0.0.1:{pbx.agi_port}")
    _wait("ivr", background, lambda: listens("127.0.0.1", pbx.agi_port))


def start_phones(settings: Settings, background: Background) -> None:
    seats = [person.seat for person in STAFF if person.seat]
    env = {"CALLCENTER_STATE_DIR": str(settings.state_dir.resolve())}
    background.start("phones", "callcenter", "phone", *seats, "--answer-after", PHONE_ANSWERS_AFTER, env=env)
    say(f"phones: the desk telephones {', '.join(seats)} register")
    host, port = service_address(settings)
    form = {"username": DEMO_ON_DUTY, "password": sign_ins(settings)[DEMO_ON_DUTY]}
    with httpx.Client(base_url=f"http://{host}:{port}", timeout=10.0) as client:
        client.post("/api/v1/auth/sign-in", json=form).raise_for_status()
        _wait("phones", background, lambda: _is_ready(client))


def _is_ready(client: httpx.Client) -> bool:
    desk = client.get("/api/v1/desk")
    return desk.status_code == httpx.codes.OK and desk.json()["presence"]["state"] == "ready"


def _wait(name: str, background: Background, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        if background.running(name) is None:
            fail(f"{name} ended while it started: {background.last_words(name)}")
        if time.monotonic() > deadline:
            fail(f"{name} is not ready after {READY_SECONDS:.0f} s; see {_relative(background.log_file(name))}")
        time.sleep(0.1)


def _relative(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
