"""The service as a program of a benchmark, and what it says of itself."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

from callcenter.bench.agents import database_file
from callcenter.bench.errors import BenchFailed
from callcenter.bench.fake_pbx import FakePbx, describe
from callcenter.bench.programs import free_port, program, wait_until
from callcenter.bench.scripted_calls import PBX

HOST = "127.0.0.1"
WRAP_UP_SECONDS = 1


def environment(folder: Path) -> dict[str, str]:
    """Of a service whose state and SQLite file are in `folder`."""
    return {
        "CALLCENTER_STATE_DIR": str(folder),
        "CALLCENTER_DATABASE_URL": f"sqlite+aiosqlite:///{database_file(folder)}",
        "CALLCENTER_WRAP_UP_SECONDS": str(WRAP_UP_SECONDS),
        "CALLCENTER_PBX_NAME": PBX,
        "CALLCENTER_LOG_LEVEL": "WARNING",
    }


def has_link(port: int) -> bool:
    """Whether the service there has its link to the PBX; the browser application may not be built."""
    try:
        live: bool = readyz(port)["ami"]["ok"]
    except OSError:
        return False
    return live


def is_up(port: int) -> bool:
    """Whether the service there answers at all."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def service(
    folder: Path, more: Mapping[str, str], until: Callable[[int], bool] = has_link
) -> Iterator[tuple[Popen[bytes], int]]:
    """The running service and its port on 127.0.0.1, once `until(port)` holds. `more`: further settings."""
    port, log = free_port(), folder / "service.log"
    with program("callcenter", "serve", "--port", str(port), env={**environment(folder), **more}, log=log) as process:
        wait_until(f"the service: {until.__name__}", lambda: until(port), process, log)
        yield process, port


@asynccontextmanager
async def service_of_fake_pbx(folder: Path, pbx: FakePbx) -> AsyncIterator[tuple[Popen[bytes], int]]:
    """`service` with a link to that one, waited for in a thread: the PBX's side lives in this loop."""
    describe(folder, PBX, pbx.port)
    context = service(folder, {})
    found = await asyncio.to_thread(context.__enter__)
    try:
        yield found
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


def readyz(port: int) -> dict[str, Any]:
    """What the service says of itself, ready or not (the browser application may not be built). OSError."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    told: dict[str, Any] = json.loads(text)
    return told


def poll(what: str, holds: Callable[[], bool], seconds: float) -> None:
    """BenchFailed when the named condition is not reached in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise BenchFailed(f"not reached: {what}")
        time.sleep(0.2)
