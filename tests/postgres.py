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


class PrivatePostgres:
    """One server with an empty database `test`; `start` and `stop` as often as wished, `remove` at the end."""

    def __init__(self) -> None:
        self._bin, self._port = _bin_dir(), _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="callcenter-pg-"))
        self._folder.chmod(0o777)
        self._data = str(self._folder / "data")
        self._run("initdb", "-D", self._data, "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://test@127.0.0.1:{self._port}/test"

    def start(self) -> None:
        settings = (
            "listen_addresses=127.0.0.1",
            f"port={self._port}",
            "unix_socket_directories=''",
            "fsync=off",
        )
        options = " ".join(f"-c {setting}" for setting in settings)
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, "start")

    def create_database(self) -> None:
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "test", "test")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends the clients' sessions, `immediate` is a crash."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "stop")

    def remove(self) -> None:
        stop = [str(self._bin / "pg_ctl"), "-D", self._data, "-m", "immediate", "stop"]
        subprocess.run(_as_postgres(stop), capture_output=True, cwd="/")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, *command: str) -> None:
        argv = _as_postgres([str(self._bin / command[0]), *command[1:]])
        subprocess.run(argv, check=True, capture_output=True, cwd="/")


@contextmanager
def running_postgres() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database `test`."""
    server = PrivatePostgres()
    try:
        server.start()
        server.create_database()
        yield server.url
    finally:
        server.remove()
