"""Blocks of free ports, so that several PBXes run side by side on one machine."""

import fcntl
import os
import random
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.pbx.errors import PortTaken
from callcenter.pbx.plan import PbxPorts

# Below the kernel's ephemeral range (32768...), so that no outgoing connection sits on a port of ours.
_FIRST, _LAST, _BLOCK = 10000, 31500, 500
# Between choosing a block and Asterisk's binding of it nothing else may choose it.
_CLAIM_SECONDS = 20.0


def block_at(base: int) -> PbxPorts:
    """The block that begins at `base`: sip, ami, http, agi, carrier, and 400 ports for speech."""
    return PbxPorts(
        sip=base,
        ami=base + 1,
        http=base + 2,
        agi=base + 3,
        carrier=base + 4,
        rtp_start=base + 100,
        rtp_end=base + 499,
    )


def free_block(*, preferred: int | None = None) -> PbxPorts:
    """A block nobody listens on and nobody else has just chosen; `preferred` first when it is free.

    Raises PortTaken when the machine has none left.
    """
    bases = list(range(_FIRST, _LAST + 1, _BLOCK))
    random.shuffle(bases)  # parallel test workers would otherwise queue up on the same first block
    with _claims() as folder:
        for base in [*([preferred] if preferred is not None else []), *bases]:
            if _claim(folder, base):
                return block_at(base)
    raise PortTaken("no free block of ports between 10000 and 31999")


def release(ports: PbxPorts) -> None:
    """Asterisk holds the ports itself now, or they are no longer wanted."""
    with _claims() as folder:
        (folder / str(ports.sip)).unlink(missing_ok=True)


def require_free(ports: PbxPorts) -> None:
    """Raises PortTaken with the first port of ours that another program holds."""
    for name in ("sip", "ami", "http"):
        port = getattr(ports, name)
        if not _is_free(port):
            raise PortTaken(f"port {port} ({name}) is taken by another program")


def _claim(folder: Path, base: int) -> bool:
    claim = folder / str(base)
    # File times are compared with the wall clock on purpose: other processes read the same file.
    if claim.exists() and 0 <= time.time() - claim.stat().st_mtime < _CLAIM_SECONDS:
        return False
    if not all(_is_free(base + offset) for offset in range(5)):
        return False
    claim.write_text(str(os.getpid()))
    return True


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:  # a port in TIME_WAIT is free for Asterisk too
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


@contextmanager
def _claims() -> Iterator[Path]:
    folder = Path(tempfile.gettempdir()) / f"callcenter-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
