"""An instance's process: found and ended by its own pid, never by name."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from callcenter.pbx.layout import InstanceLayout

# Our own children, so that they can be reaped; another process's instances are stopped by pid as well.
_children: dict[int, subprocess.Popen[bytes]] = {}
_POLL_SECONDS = 0.02
_EXEC_SECONDS = 5.0


def spawn(program: tuple[str, ...], layout: InstanceLayout) -> int:
    """Start Asterisk in the background, away from this terminal; returns its pid."""
    for pid in list(_children):
        reap(pid)  # one that was killed, and that nobody has looked for since
    with (layout.log / "console.log").open("ab") as console:
        child = subprocess.Popen(
            [*program, "-f", "-C", str(layout.config)],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,  # recordings and records are private too
            cwd=layout.home,
        )
    _children[child.pid] = child
    layout.pid_file.write_text(f"{child.pid}\n")
    # For a moment in exec() the kernel shows an empty command line, which would read as "not ours".
    wait_until(lambda: is_ours(child.pid, layout) or child.poll() is not None, seconds=_EXEC_SECONDS)
    return child.pid


def running_pid(layout: InstanceLayout) -> int | None:
    """The pid of the instance if it really runs: the number alone may belong to somebody else by now."""
    try:
        pid = int(layout.pid_file.read_text())
    except (OSError, ValueError):
        return None
    return pid if is_ours(pid, layout) else None


def is_ours(pid: int, layout: InstanceLayout) -> bool:
    """Whether the process was started with this instance's configuration file."""
    reap(pid)
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    wanted = os.fsencode(layout.config)
    return any(flag == b"-C" and value == wanted for flag, value in pairwise(command))


def reap(pid: int) -> None:
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]


def wait_for_end(pid: int) -> None:
    """Of a process that ends: the kernel takes its command line away a moment before it can be waited for."""
    child = _children.pop(pid, None)
    if child is not None:
        child.wait()


def send_signal(pid: int, layout: InstanceLayout, number: signal.Signals) -> None:
    if is_ours(pid, layout):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return  # it ended by itself between the two lines


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Poll a condition until it holds (True) or the time is over (False)."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
