"""An Asterisk that can be run: where its program, modules and data are."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from callcenter.pbx.errors import AsteriskNotAvailable

OLDEST_MAJOR = 20


@dataclass(frozen=True, kw_only=True)
class AsteriskBuild:
    """`program` is the argv prefix (for unpacked packages it begins with their dynamic loader)."""

    version: str
    origin: str  # "installed" or "debian <suite>"
    program: tuple[str, ...]
    modules_dir: Path
    data_dir: Path  # has sounds/, moh/, documentation/

    def has_module(self, name: str) -> bool:
        return (self.modules_dir / f"{name}.so").is_file()


def read_version(program: tuple[str, ...]) -> str:
    """The version as `asterisk -V` prints it, for example "22.10.1". Raises AsteriskNotAvailable."""
    try:
        done = subprocess.run([*program, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AsteriskNotAvailable(f"asterisk does not run: {error}") from error
    found = re.search(r"Asterisk (\d+\.\d+\.\d+)", done.stdout)
    if found is None:
        raise AsteriskNotAvailable(f"asterisk does not run: {(done.stderr or done.stdout).strip()[-300:]}")
    return found.group(1)


def major_of(version: str) -> int:
    return int(version.split(".", 1)[0])
