"""Who this process is, and whether the process behind such a name has certainly died."""

import contextlib
import hashlib
import os
import secrets
import socket
import time
from pathlib import Path


def _machine() -> str:
    """The same for processes that see each other's pids: one boot of one machine, one pid namespace."""
    known = socket.gethostname()
    with contextlib.suppress(OSError):
        known += Path("/proc/sys/kernel/random/boot_id").read_text()
        known += os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(known.encode()).hexdigest()[:12]


def _birth(pid: int) -> str | None:
    """Start of the process as the kernel tells it; "" for one that only waits to be reaped, None if unknown."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "" if fields[0] in "ZX" else fields[19]


def process_name() -> str:
    """`<host>:<pid>:<birth>:<machine>:<random>`, at most 80 characters; another one at each call."""
    pid = os.getpid()
    return f"{socket.gethostname()[:32]}:{pid}:{_birth(pid) or 0}:{_machine()}:{secrets.token_hex(3)}"


def shown_name(name: str) -> str:
    """What people need of it: `<host>:<pid>`."""
    return ":".join(name.split(":")[:2])


def has_died(name: str) -> bool:
    """True only if it ran on this very machine and is gone; of other machines nothing is known."""
    parts = name.split(":")
    if len(parts) != 5 or parts[3] != _machine() or not parts[1].isdigit():
        return False
    pid = int(parts[1])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # somebody else's: it lives
        return False
    birth = _birth(pid)
    return birth is not None and birth != parts[2]


def steady_seconds() -> float:
    """Seconds that no setting of the clock changes and that go on while the machine or process stands still."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
