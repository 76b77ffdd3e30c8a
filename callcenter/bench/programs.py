"""Programs of a benchmark in processes of their own, ended by the handle we hold."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from callcenter.bench.errors import BenchFailed

START_SECONDS = 100.0
STOP_SECONDS = 10.0


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(words: Sequence[str], log: Path, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The program for as long as the block lasts, what it says in `log`; then it is ended and waited for.

    `how`: further arguments of Popen.
    """
    with log.open("wb") as said:
        process = subprocess.Popen(words, stdout=said, stderr=said, **how)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def program(
    module: str, *args: str, env: Mapping[str, str], log: Path
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """`python -m module args…` for as long as the block lasts."""
    return running([sys.executable, "-m", module, *args], log, env={**os.environ, **env})


def wait_until(what: str, holds: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Poll a named condition. BenchFailed if the program ends or the time is up."""
    deadline = time.monotonic() + START_SECONDS
    while not holds():
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchFailed(
                f"not reached: {what}; {' / '.join(log.read_text('utf-8', 'replace').splitlines()[-3:])}"
            )
        time.sleep(0.1)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
