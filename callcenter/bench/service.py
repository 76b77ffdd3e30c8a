"""The service as a program of a benchmark, and what it says of itself."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

from callcenter.bench.agents import database_file
from callcenter.bench.errors import BenchFailed
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


@contextmanager
def service(folder: Path, more: Mapping[str, str]) -> Iterator[tuple[Popen[bytes], int]]:
    """The running service with a live PBX link, and its port on 127.0.0.1. `more`: further settings."""
    port, log = free_port(), folder / "service.log"
    with program("callcenter", "serve", "--port", str(port), env={**environment(folder), **more}, log=log) as process:
        wait_until("the service has its link to the PBX", lambda: _is_live(port), process, log)
        yield process, port


def readyz(port: int) -> dict[str, Any]:
    """What the service says of itself, ready or not (the browser application may not be built). OSError."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    told: dict[str, Any] = json.loads(text)
    return told


def answers(port: int, path: str) -> bool:
    """Whether the service says 200 there."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5):
            return True
    except OSError:
        return False


def _is_live(port: int) -> bool:
    try:
        live: bool = readyz(port)["ami"]["ok"]
    except OSError:
        return False
    return live


def poll(what: str, holds: Callable[[], bool], seconds: float) -> None:
    """BenchFailed when the named condition is not reached in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise BenchFailed(f"not reached: {what}")
        time.sleep(0.2)
