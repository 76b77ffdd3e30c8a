"""`python -m ivr.bench`: sessions of 10 AGI commands a second, ours against bare threaded pyst2 in the same run.

The server runs in a process of its own, so that its CPU can be told from the client's.
"""

import asyncio
import json
import logging
import multiprocessing
import multiprocessing.connection
import os
import socketserver
import statistics
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from ivr.agi_line import AGI
from ivr.backend import NoBackend
from ivr.flows import FLOWS
from ivr.journey import Journey
from ivr.server import IvrServer
from ivr.settings import Settings
from ivr.sounds import read_manifest

SESSIONS = 400
AT_ONCE = 50
ROUNDS = 3
COMMANDS = 10
ENVIRONMENT = b"agi_network: yes\nagi_network_script: bench\nagi_callerid: 13800001111\nagi_language: zh\n\n"


@dataclass(frozen=True)
class Figure:
    """Sessions a second, and CPU milliseconds of the server for each."""

    rate: float
    cpu_ms: float


class _Null:
    def write(self, text: str) -> None:
        """pyst2 tells everything here."""


class _BareAgi(AGI):  # type: ignore[misc]  # pyst2 has no annotations
    """pyst2 with nothing but its signal handler left out, which no thread may install."""

    def __init__(self, stdin: Any, stdout: Any) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, _Null()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


class _BareHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with (
            self.request.makefile("r", encoding="utf-8", errors="replace", newline="\n") as reader,
            self.request.makefile("w", encoding="utf-8", errors="replace", newline="\n") as writer,
        ):
            agi = _BareAgi(reader, writer)
            for _ in range(COMMANDS // 2):
                agi.stream_file("hotline/main-menu", "0123456789*#")
                agi.wait_for_digit(5000)


class _BareServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def _ten_commands(journey: Journey) -> None:
    for _ in range(COMMANDS // 2):
        journey.line.play("main-menu", until="0123456789*#")
        journey.line.wait_key(5.0)


def _serve(kind: str, pipe: multiprocessing.connection.Connection) -> None:
    logging.disable()
    FLOWS["bench"] = _ten_commands
    server: socketserver.ThreadingTCPServer
    if kind == "ours":
        server = IvrServer(Settings(port=0), read_manifest(), NoBackend())
    else:
        server = _BareServer(("127.0.0.1", 0), _BareHandler)
    pipe.send(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.recv()
    times = os.times()
    pipe.send(times.user + times.system)


def measure(kind: str) -> Figure:
    """Start a server of that kind, run all sessions through it, stop it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(kind, theirs), daemon=True)
    process.start()
    port = ours.recv()
    asyncio.run(_all_sessions(port, AT_ONCE))  # warm
    began = time.perf_counter()
    asyncio.run(_all_sessions(port, SESSIONS))
    seconds = time.perf_counter() - began
    ours.send("stop")
    cpu = ours.recv()
    process.join()
    return Figure(SESSIONS / seconds, 1000 * cpu / (SESSIONS + AT_ONCE))


async def _all_sessions(port: int, count: int) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with places:
            await _session(port)

    await asyncio.gather(*(one() for _ in range(count)))


async def _session(port: int) -> None:
    """Asterisk's side: each command is answered at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ENVIRONMENT)
    answered = 0
    while await reader.readline():
        writer.write(b"200 result=0 endpos=80000\n")
        answered += 1
    writer.close()
    if answered != COMMANDS:
        raise RuntimeError(f"a session of {answered} commands instead of {COMMANDS}")


def compare() -> tuple[Figure, Figure]:
    """(ours, bare pyst2): medians of rounds taken by turns."""
    rounds = [(measure("ours"), measure("bare")) for _ in range(ROUNDS)]
    return _median([ours for ours, _ in rounds]), _median([bare for _, bare in rounds])


def _median(figures: list[Figure]) -> Figure:
    return Figure(
        statistics.median(figure.rate for figure in figures),
        statistics.median(figure.cpu_ms for figure in figures),
    )


def main() -> None:
    """Print our figure, the floor, and the ratio; with --json as one JSON object."""
    ours, bare = compare()
    if "--json" in sys.argv[1:]:
        print(json.dumps({"ours": asdict(ours), "floor": asdict(bare), "ratio": ours.rate / bare.rate}))
        return
    print(f"ours       {ours.rate:7.0f} sessions/s  {ours.cpu_ms:5.2f} ms CPU a session")
    print(f"bare pyst2 {bare.rate:7.0f} sessions/s  {bare.cpu_ms:5.2f} ms CPU a session")
    print(f"ratio      {ours.rate / bare.rate:7.2f}")


if __name__ == "__main__":
    main()
