"""The folders of one PBX instance. Every directory of Asterisk lies inside the instance's own."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from callcenter.pbx.errors import PbxError

# The kernel's limit for a unix socket's path is 108 bytes.
_SOCKET_PATH_LIMIT = 100


@dataclass(frozen=True)
class InstanceLayout:
    """Made from the instance's folder, `<state dir>/pbx/<name>`."""

    home: Path

    @property
    def etc(self) -> Path:
        return self.home / "etc"

    @property
    def config(self) -> Path:
        return self.etc / "asterisk.conf"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def var(self) -> Path:
        return self.home / "var"

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def monitor(self) -> Path:
        return self.spool / "monitor"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def description(self) -> Path:
        return self.home / "instance.json"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    @property
    def pid_file(self) -> Path:
        return self.home / "pid"

    @property
    def run(self) -> Path:
        """Holds the console's socket; outside the instance when its path would be too long for one."""
        inside = self.home / "run"
        if len(os.fsencode(inside / "asterisk.ctl")) < _SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"callcenter-pbx-{os.getuid()}-{digest}"

    def make(self) -> None:
        """Create all folders, readable by their owner only: they hold secrets and recordings."""
        for folder in (self.home, self.etc, self.data / "sounds", self.monitor, self.cache, self.run):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        for part in ("log/cdr-csv", "log/cdr-custom", "log/cel-custom", "var/keys", "var/agi-bin"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        for part in ("tmp", "outgoing", "system"):
            (self.spool / part).mkdir(exist_ok=True)
        self._require_own_run_dir()

    def _require_own_run_dir(self) -> None:
        # Below a shared /tmp somebody else could have made the folder first, to sit on our socket.
        found = self.run.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise PbxError(f"{self.run} is not a folder of ours")
