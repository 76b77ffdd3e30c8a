"""`bench requests`: what a signed-in GET costs the service in CPU, beside one that needs no session, no database."""

import asyncio
import http.client
import tempfile
import time
from pathlib import Path

from callcenter.auth.dependencies import COOKIE
from callcenter.bench.agents import FIRST_SEAT, fresh_ledger, make_agents
from callcenter.bench.errors import BenchFailed
from callcenter.bench.programs import cpu_seconds
from callcenter.bench.report import Finding, Goal, milliseconds
from callcenter.bench.service import HOST, is_up, service

REQUESTS, WARM = 1000, 50
IDLE_SECONDS = 2.0
"""The service's own loops go on meanwhile; their share is taken off."""
MOST_MS = 3.0
SIGNED_IN, BARE = "/api/v1/auth/me", "/healthz"


def run(*, requests: int = REQUESTS) -> list[Finding]:
    """One finding: milliseconds of CPU a request, one after the other over one connection."""
    with tempfile.TemporaryDirectory(prefix="bench-requests-") as name:
        folder = Path(name)
        cookie = asyncio.run(_person(folder))
        with service(folder, {}, until=is_up) as (process, port):
            before = cpu_seconds(process.pid)
            time.sleep(IDLE_SECONDS)
            idle = (cpu_seconds(process.pid) - before) / IDLE_SECONDS
            floor, plain = _ask(process.pid, port, BARE, cookie, requests)
            ours, times = _ask(process.pid, port, SIGNED_IN, cookie, requests)
    return [
        Finding(
            "signed-in GET",
            "ms CPU",
            1000 * (ours - idle * sum(times)) / requests,
            1000 * (floor - idle * sum(plain)) / requests,
            "GET without session or database",
            Goal(MOST_MS, most=True),
            {**milliseconds(times), "idle_cpu_percent": round(100 * idle, 1)},
        )
    ]


async def _person(folder: Path) -> str:
    ledger = await asyncio.to_thread(fresh_ledger, folder, migrated=True)
    cookies = await make_agents(ledger, 1)
    await ledger.database.close()
    return cookies[str(FIRST_SEAT)]


def _ask(pid: int, port: int, path: str, cookie: str, requests: int) -> tuple[float, list[float]]:
    """(CPU seconds of the service for all, seconds of each)."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    times: list[float] = []
    before = 0.0
    for n in range(WARM + requests):
        if n == WARM:
            before = cpu_seconds(pid)
            times.clear()
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"{COOKIE}={cookie}"})
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - began)
        if answer.status != http.client.OK:
            raise BenchFailed(f"{path} answered {answer.status}")
    connection.close()
    return cpu_seconds(pid) - before, times
