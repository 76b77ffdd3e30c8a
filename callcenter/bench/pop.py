"""`bench pop`: from the PBX's bytes on the AMI socket to the pop's frame at the agent's browser.

The service runs as it does in production, in a process of its own on a fresh SQLite file. Here are the PBX's side,
the browsers' side and the one clock.
"""

import asyncio
import contextlib
import math
import sqlite3
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from websockets.asyncio.client import connect

from callcenter.agents.models import interface_of
from callcenter.bench.agents import database_file, fresh_ledger, make_agents
from callcenter.bench.browsers import desks
from callcenter.bench.errors import BenchFailed
from callcenter.bench.fake_pbx import FakePbx
from callcenter.bench.households import make_households
from callcenter.bench.programs import cpu_seconds, free_port, program, resident_megabytes, wait_until
from callcenter.bench.report import Extra, Finding, Goal, milliseconds, percentile
from callcenter.bench.scripted_calls import ScriptedCalls
from callcenter.bench.service import HOST, service_of_fake_pbx

Rates = tuple[tuple[float, float], ...]
RATES: Rates = ((2.2, 20.0), (22.0, 100.0))
"""Calls a second, and the goal for p99 in milliseconds (DESIGN.md §8)."""
AGENTS, SECONDS = 300, 60.0
"""Less than 100 calls have no p99."""
CALL_SECONDS = 4.5
"""As long as the recorded call, and a little: no agent gets the next one before."""
LATE_SECONDS = 60.0
"""A pop later than this after the last ring is lost."""


@dataclass(slots=True)
class Times:
    """Seconds from ring to pop, and what the service spent."""

    pops: list[float]
    calls: int
    cpu: float
    statements: float
    megabytes: float

    @property
    def with_lost(self) -> list[float]:
        """Those never shown (answered before the service came to it, see `_account`) counted as the longest wait."""
        return self.pops + [LATE_SECONDS] * (self.calls - len(self.pops))

    def told(self, agents: int) -> Extra:
        return {
            **milliseconds(self.with_lost),
            "agents": agents,
            "calls": self.calls,
            "never_shown": self.calls - len(self.pops),
            "service_cpu_ms_a_call": round(1000 * self.cpu / self.calls, 1),
            "statements_a_call": round(self.statements / self.calls, 1),
            "service_mb": round(self.megabytes),
        }


def run(*, agents: int = AGENTS, seconds: float = SECONDS, rates: Rates = RATES) -> list[Finding]:
    """One finding for each rate, each with a service and a floor of its own. No agent is called twice.

    A machine that cannot keep up shows it by ever later pops, which could not be told from those of a second call.
    """
    most = max(rate for rate, _ in rates)
    if agents < most * CALL_SECONDS:
        raise BenchFailed(
            f"{most:g} calls/s need {math.ceil(most * CALL_SECONDS)} agents, each has one call at a time"
        )
    found = []
    for rate, goal in rates:
        calls = max(1, min(agents, round(rate * seconds)))
        with tempfile.TemporaryDirectory() as folder:
            ours = asyncio.run(_ours(Path(folder), agents, rate, calls))
            floor = _floor(Path(folder), agents, rate, calls)
        found.append(
            Finding(
                f"ring to pop at {rate:g} calls/s",
                "ms p99",
                1000 * percentile(ours.with_lost, 0.99),
                1000 * percentile(floor, 0.99),
                "websocket echo + one commit",
                Goal(goal, most=True),
                ours.told(agents) | {f"floor_{name}": value for name, value in milliseconds(floor).items()},
            )
        )
    return found


async def _ours(folder: Path, agents: int, rate: float, calls: int) -> Times:
    ledger = await asyncio.to_thread(fresh_ledger, folder, migrated=True)
    cookies = await make_agents(ledger, agents)
    await make_households(ledger, [_number(n) for n in range(0, calls, 2)])
    await ledger.database.close()
    async with (
        FakePbx([interface_of(seat) for seat in cookies]) as pbx,
        service_of_fake_pbx(folder, pbx) as (service, port),
    ):
        rings: dict[str, float] = {}
        pops: list[float] = []
        all_shown = asyncio.Event()

        def on_pop(seat: str, at: float) -> None:
            rang = rings.pop(seat, None)
            if rang is not None:  # sent again: counted once
                pops.append(at - rang)
            if len(pops) == calls:
                all_shown.set()

        async with desks((HOST, port), cookies, on_pop):
            before, asked = cpu_seconds(service.pid), await asyncio.to_thread(_statements, port)
            await _ring(pbx, list(cookies), rings, rate, calls)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(all_shown.wait(), LATE_SECONDS)
            spent = cpu_seconds(service.pid) - before
            asked = await asyncio.to_thread(_statements, port) - asked
        _account(folder, calls, len(pops))
        return Times(pops, calls, spent, asked, resident_megabytes(service.pid))


def _account(folder: Path, calls: int, shown: int) -> None:
    """Each ring was shown, or its telephone was answered before the service came to it (the call follows then)."""
    with contextlib.closing(sqlite3.connect(database_file(folder))) as database:
        rows = database.execute(
            "SELECT count(*), sum(sent_at IS NULL AND withdrawn_at IS NOT NULL) FROM screen_pops"
        ).fetchone()
    made, too_late = rows[0], rows[1] or 0
    if not shown or (made, shown + too_late) != (calls, calls):
        raise BenchFailed(f"{calls} rings, {made} pops made, {shown} shown, {too_late} answered before")


def _number(household: int) -> str:
    """Every household calls twice; half of them are known, with an address."""
    return f"138{household:08d}"


def _statements(port: int) -> float:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("callcenter_sql_statements_total "))


async def _ring(pbx: FakePbx, seats: list[str], rings: dict[str, float], rate: float, calls: int) -> None:
    script, began = ScriptedCalls(), time.perf_counter()

    async def one(call: int) -> None:
        seat, household, born = seats[call % len(seats)], _number(call % math.ceil(calls / 2)), int(time.time())
        start = began + call / rate
        for block in script.blocks:
            await asyncio.sleep(max(0.0, start + block.after - time.perf_counter()))
            now = datetime.now(UTC)
            said = script.say(block, call=call, seat=seat, household=household, born=born, now=now)
            if block.rings:
                rings[seat] = time.perf_counter()
            pbx.say(said)

    await asyncio.gather(*(one(call) for call in range(calls)))


@contextmanager
def _echo(folder: Path) -> Iterator[int]:
    port, log = free_port(), folder / "echo.log"
    with program("callcenter.bench.echo", str(port), str(folder / "echo.db"), env={}, log=log) as process:
        wait_until("the echo answers", lambda: _listens(port), process, log)
        yield port


def _listens(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=2)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _floor(folder: Path, agents: int, rate: float, calls: int) -> list[float]:
    with _echo(folder) as port:
        return asyncio.run(_echoes(port, agents, rate, calls))


async def _echoes(port: int, agents: int, rate: float, calls: int) -> list[float]:
    """Round trips at the same rate over as many sockets."""
    sockets = [await connect(f"ws://{HOST}:{port}/", compression=None) for _ in range(agents)]
    began, spent, text = time.perf_counter(), [], "x" * 500

    async def one(call: int) -> None:
        await asyncio.sleep(max(0.0, began + call / rate - time.perf_counter()))
        socket, at = sockets[call % agents], time.perf_counter()
        await socket.send(text)
        await socket.recv()
        spent.append(time.perf_counter() - at)

    await asyncio.gather(*(one(call) for call in range(calls)))
    await asyncio.gather(*(socket.close() for socket in sockets))
    return spent
