"""Our own programs in the background: started with a log, known by pid and birth, ended by that pid alone."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from callcenter.foundation.state_dir import PRIVATE_UMASK, make_private_dir, make_private_file

STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Running:
    pid: int
    born: str
    """Start time of the process as the kernel tells it; a recycled pid has another."""


def _birth(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


class Background:
    """The programs of one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir.resolve() / "run"
        self._logs = state_dir.resolve() / "log"

    def log_file(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def running(self, name: str) -> Running | None:
        path = self._folder / f"{name}.json"
        try:
            known = Running(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return known if _birth(known.pid) == known.born else None

    def start(self, name: str, module: str, *args: str, env: dict[str, str] | None = None) -> Running:
        """Start `python -m module args…` unless it runs already."""
        known = self.running(name)
        if known is not None:
            return known
        for folder in (self._folder.parent, self._folder, self._logs):
            make_private_dir(folder)
        with make_private_file(self.log_file(name)).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *args],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                umask=PRIVATE_UMASK,
            )
        born = _birth(process.pid)
        process.returncode = 0  # it outlives us and is ended by its pid: Popen need not warn that nobody waited
        running = Running(process.pid, born or "")
        make_private_file(self._folder / f"{name}.json").write_text(json.dumps(asdict(running)))
        return running

    def stop(self, name: str) -> bool:
        """End it; false if it did not run."""
        known = self.running(name)
        if known is None:
            return False
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.kill(known.pid, number)
            deadline = time.monotonic() + STOP_SECONDS
            while time.monotonic() < deadline:
                self._reap(known.pid)
                if _birth(known.pid) != known.born:
                    (self._folder / f"{name}.json").unlink(missing_ok=True)
                    return True
                time.sleep(0.05)
        return True

    def _reap(self, pid: int) -> None:
        with contextlib.suppress(ChildProcessError):  # started by an earlier command
            os.waitpid(pid, os.WNOHANG)

    def last_words(self, name: str, lines: int = 5) -> str:
        try:
            text = self.log_file(name).read_text("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
