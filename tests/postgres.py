"""A private PostgreSQL for tests: initdb in a temporary folder, loopback only, stopped by its own pg_ctl."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _bin_dir() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError("PostgreSQL's initdb is missing; `.ci/packages` installs it")
    return Path(on_path).parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_postgres(command: list[str]) -> list[str]:
    # PostgreSQL refuses to run as root; Debian's package has made the user `postgres`.
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextmanager
def running_postgres() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database `test`."""
    bin_dir, port = _bin_dir(), _free_port()
    folder = Path(tempfile.mkdtemp(prefix="callcenter-pg-"))
    folder.chmod(0o777)
    data = folder / "data"

    def run(*command: str) -> None:
        argv = _as_postgres([str(bin_dir / command[0]), *command[1:]])
        subprocess.run(argv, check=True, capture_output=True, cwd="/")

    settings = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=''", "fsync=off")
    options = " ".join(f"-c {setting}" for setting in settings)
    try:
        run("initdb", "-D", str(data), "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "test", "test")
        yield f"postgresql+psycopg://test@127.0.0.1:{port}/test"
    finally:
        stop = [str(bin_dir / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run(_as_postgres(stop), capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)
