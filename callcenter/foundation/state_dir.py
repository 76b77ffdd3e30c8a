"""What lies in the state directory (database, recordings, logs, secrets) is for its owner alone."""

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
PRIVATE_UMASK = OTHERS
"""For our programs: every file they make is their owner's alone."""


def make_private_dir(folder: Path) -> Path:
    """The folder, made with its parents if new; closed to others also if it was open to them before."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(folder, 0o700)
    return folder


def make_private_file(path: Path) -> Path:
    """The file, empty if new, and closed to others before anything is written."""
    path.touch(mode=0o600)
    _close(path, 0o600)
    return path


def _close(path: Path, mode: int) -> None:
    found = path.stat()
    shared = found.st_mode & stat.S_ISVTX  # /tmp and its like: not ours to close, whoever named it
    if found.st_mode & OTHERS and found.st_uid == os.getuid() and not shared:
        path.chmod(mode)
