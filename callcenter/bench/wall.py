"""`bench wall`: a caller begins to wait, and all connected browsers are told; what each of them costs in memory.

From the PBX's bytes on the AMI socket to the frame at the last browser, through engine, store, count and websockets.
The floor is websockets' bare broadcast of the same bytes to as many browsers. The browsers are two programs.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from callcenter.bench import broadcasting, crowd
from callcenter.bench.agents import FIRST_SEAT, fresh_ledger, make_agents
from callcenter.bench.errors import BenchFailed
from callcenter.bench.fake_pbx import FakePbx
from callcenter.bench.programs import cpu_seconds, free_port, resident_megabytes
from callcenter.bench.report import Finding, Goal
from callcenter.bench.scripted_calls import ScriptedCalls
from callcenter.bench.service import HOST, service_of_fake_pbx

BROWSERS, CHANGES = 1000, 20
SMALL_SHARE = 0.3
"""The first program's share of the browsers: of 1,000 the 300 of a large centre, for the memory figure."""
BETWEEN_SECONDS = 0.6
UP_SECONDS, HEARD_SECONDS = 180.0, 20.0
Say = Callable[[str], None]
Heard = tuple[float, float]


@dataclass(slots=True)
class Measured:
    """Seconds from each change to the last browser, and from the first browser to the last; resident megabytes."""

    to_last: list[float] = field(default_factory=list)
    spread: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    """Of the server with nobody connected, with the first program's browsers, with all."""
    cpu: float = 0.0


def run(*, browsers: int = BROWSERS, changes: int = CHANGES, say: Say = lambda _: None) -> list[Finding]:
    """Three findings: the time, the memory of a browser, the memory of the service."""
    few = max(1, round(SMALL_SHARE * browsers))
    sizes = (few, max(1, browsers - few))
    say(f"wall: bare broadcast to {sum(sizes)} browsers")
    floor = asyncio.run(_floor(sizes, changes))
    say(f"wall: the service with {sum(sizes)} desks")
    with tempfile.TemporaryDirectory(prefix="bench-wall-") as folder:
        ours = asyncio.run(_ours(Path(folder), sizes, changes))
    return [_time(sizes, ours, floor), *_memory(sizes, ours, floor)]


def _time(sizes: Sequence[int], ours: Measured, floor: Measured) -> Finding:
    return Finding(
        f"wall, {sum(sizes)} browsers",
        "ms median",
        1000 * statistics.median(ours.to_last),
        1000 * statistics.median(floor.to_last),
        "bare websockets.broadcast",
        Goal(2, most=True, of_ratio=True),
        {
            "changes": len(ours.to_last),
            "most_ms": round(1000 * max(ours.to_last), 1),
            "first_to_last_ms": round(1000 * statistics.median(ours.spread), 1),
            "floor_first_to_last_ms": round(1000 * statistics.median(floor.spread), 1),
            "service_cpu_ms_a_change": round(1000 * ours.cpu / len(ours.to_last), 1),
        },
    )


def _memory(sizes: Sequence[int], ours: Measured, floor: Measured) -> list[Finding]:
    def each(measured: Measured) -> float:
        return 1024 * (measured.megabytes[2] - measured.megabytes[0]) / sum(sizes)

    return [
        Finding("memory of a browser", "KB", each(ours), each(floor), "bare websockets server", Goal(60, most=True)),
        Finding(
            f"service with {sizes[0]} desks",
            "MB",
            ours.megabytes[1],
            ours.megabytes[0],
            "the same without desks",
            Goal(250, most=True),
            {"all_desks_mb": round(ours.megabytes[2])},
        ),
    ]


class Browsers:
    """One program of them."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def up(self) -> None:
        line = await self._line(UP_SECONDS)
        if line != "up":
            raise BenchFailed(f"not all browsers were let in: {line}")

    async def heard(self, count: int) -> Heard:
        """When the first and the last heard of so many waiting callers."""
        while True:
            waiting, first, last = (await self._line(HEARD_SECONDS)).split()
            if int(waiting) == count:
                return float(first), float(last)

    async def _line(self, seconds: float) -> str:
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), seconds)
        except TimeoutError:
            raise BenchFailed("not all browsers were told") from None
        if not line:
            raise BenchFailed("a program of browsers ended")
        if line.startswith(b"lost"):
            raise BenchFailed(f"a browser was sent away: {line.decode().strip()}")
        return line.decode().strip()


@asynccontextmanager
async def _program(module: str, *args: str, first: bytes = b"") -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *args), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(first)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _open(running: AsyncExitStack, port: int, cookies: Sequence[str]) -> Browsers:
    first = "".join(f"{cookie}\n" for cookie in [*cookies, ""]).encode()
    process = await running.enter_async_context(_program(crowd.__name__, HOST, str(port), first=first))
    browsers = Browsers(process)
    await browsers.up()
    return browsers


async def _changes(
    measured: Measured, all_browsers: Sequence[Browsers], changes: int, change: Callable[[int], Awaitable[float]]
) -> None:
    """`change(n)` makes n callers wait, and says when."""
    for count in range(1, changes + 1):
        at = await change(count)
        times = await asyncio.gather(*(browsers.heard(count) for browsers in all_browsers))
        last = max(last for _, last in times)
        measured.to_last.append(last - at)
        measured.spread.append(last - min(first for first, _ in times))
        await asyncio.sleep(BETWEEN_SECONDS)


async def _ours(folder: Path, sizes: Sequence[int], changes: int) -> Measured:
    ledger = await asyncio.to_thread(fresh_ledger, folder, migrated=True)
    cookies = list((await make_agents(ledger, sum(sizes))).values())
    await ledger.database.close()
    async with FakePbx() as pbx, AsyncExitStack() as running:
        process, port = await running.enter_async_context(service_of_fake_pbx(folder, pbx))
        measured = Measured(megabytes=[resident_megabytes(process.pid)])
        opened = []
        for begin, size in ((0, sizes[0]), (sizes[0], sizes[1])):
            opened.append(await _open(running, port, cookies[begin : begin + size]))
            measured.megabytes.append(resident_megabytes(process.pid))
        joins = _Joins(pbx)
        before = cpu_seconds(process.pid)
        await _changes(measured, opened, changes, joins.one)
        measured.cpu = cpu_seconds(process.pid) - before
        return measured


class _Joins:
    """Callers that begin to wait, and stay."""

    def __init__(self, pbx: FakePbx) -> None:
        self._pbx = pbx
        self._script = ScriptedCalls()
        self._born = int(time.time())

    async def one(self, count: int) -> float:
        said = []
        for block in self._script.blocks:
            said += self._script.say(
                block,
                call=count,
                seat=str(FIRST_SEAT),
                household=f"138{count:08d}",
                born=self._born,
                now=datetime.now(UTC),
            )
        end = next(n for n, message in enumerate(said) if message["Event"] == "QueueCallerJoin")
        self._pbx.say(said[: end + 1])
        return time.monotonic()


async def _floor(sizes: Sequence[int], changes: int) -> Measured:
    port = free_port()
    text = (
        '{"type":"figures","as_of":"2026-11-23T00:00:00.000Z","figures":{"waiting":%d,'
        + '"x":"'
        + "y" * 190
        + '"}}\n'
    )
    async with AsyncExitStack() as running:
        server = await running.enter_async_context(_program(broadcasting.__name__, str(port)))
        assert server.stdin is not None
        assert server.stdout is not None
        writer, reader = server.stdin, server.stdout
        await asyncio.wait_for(reader.readline(), UP_SECONDS)
        measured = Measured(megabytes=[resident_megabytes(server.pid)])
        opened = []
        for size in sizes:
            opened.append(await _open(running, port, ["-"] * size))
            measured.megabytes.append(resident_megabytes(server.pid))

        async def broadcast(count: int) -> float:
            writer.write((text % count).encode())
            return float(await reader.readline())

        await _changes(measured, opened, changes, broadcast)
        return measured
