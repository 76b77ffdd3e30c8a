"""Find an Asterisk that the machine's owner has installed."""

import shutil
from pathlib import Path

from callcenter.pbx.build import OLDEST_MAJOR, AsteriskBuild, major_of, read_version
from callcenter.pbx.errors import AsteriskNotAvailable


def find_installed() -> AsteriskBuild | None:
    """An Asterisk >= 20 on PATH with its modules and data, or None (then packages are fetched)."""
    found = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        return None
    program = (found,)
    try:
        version = read_version(program)
    except AsteriskNotAvailable:
        return None
    modules, data = _modules_dir(Path(found)), _data_dir(Path(found))
    if major_of(version) < OLDEST_MAJOR or modules is None or data is None:
        return None
    return AsteriskBuild(version=version, origin="installed", program=program, modules_dir=modules, data_dir=data)


def _modules_dir(program: Path) -> Path | None:
    prefix = program.resolve().parent.parent
    # Debian keeps modules under the machine's triplet, a build from source directly under lib.
    places = [*sorted(prefix.glob("lib/*/asterisk/modules")), prefix / "lib/asterisk/modules"]
    places.append(prefix / "lib64/asterisk/modules")
    return next((place for place in places if (place / "chan_pjsip.so").is_file()), None)


def _data_dir(program: Path) -> Path | None:
    prefix = program.resolve().parent.parent
    places = (prefix / "share/asterisk", Path("/var/lib/asterisk"), prefix / "var/lib/asterisk")
    return next((place for place in places if (place / "documentation").is_dir()), None)
