"""Get an Asterisk: the installed one, or Debian's packages unpacked into a cache outside the checkout."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.pbx.build import OLDEST_MAJOR, AsteriskBuild, major_of
from callcenter.pbx.debian_packages import Say, fetch_packages
from callcenter.pbx.errors import AsteriskNotAvailable
from callcenter.pbx.installed import find_installed
from callcenter.pbx.unpack import unpack, unpacked_build

CACHE_VARIABLE = "CALLCENTER_CACHE_DIR"
SUITE_VARIABLE = "CALLCENTER_ASTERISK_SUITE"
# Debian's stable releases carry no Asterisk since bookworm; 22 LTS lives in sid.
DEFAULT_SUITE = "sid"


def install(
    say: Say, *, cache_dir: Path | None = None, suite: str | None = None, fresh: bool = False
) -> AsteriskBuild:
    """A runnable Asterisk >= 20. Idempotent; several callers at once wait for one another.

    `say` gets one line per step for people. `fresh` fetches again although the cache is complete.
    Raises AsteriskNotAvailable.
    """
    if not fresh and (installed := find_installed()):
        say(f"Asterisk {installed.version} is installed on this machine")
        return installed
    home = cache_dir or default_cache_dir()
    suite = suite or os.environ.get(SUITE_VARIABLE) or DEFAULT_SUITE
    with _locked(home):
        if not fresh and (cached := cached_build(home)):
            say(f"Asterisk {cached.version} is in the cache")
            return cached
        return _fetch_and_unpack(home, suite, say)


def _fetch_and_unpack(home: Path, suite: str, say: Say) -> AsteriskBuild:
    debs = fetch_packages(apt_dir=home / "apt", suite=suite, say=say)
    say(f"unpacking {len(debs)} packages")
    stamp = home / "complete"
    stamp.unlink(missing_ok=True)
    unpack(debs=debs, root=home / "root")
    build = unpacked_build(root=home / "root", suite=suite)
    if major_of(build.version) < OLDEST_MAJOR:
        raise AsteriskNotAvailable(f"Debian {suite} has Asterisk {build.version}, older than {OLDEST_MAJOR}")
    stamp.write_text(suite)
    say(f"Asterisk {build.version} is ready")
    return build


def cached_build(home: Path | None = None) -> AsteriskBuild | None:
    """The unpacked Asterisk of an earlier install, or None. Needs no network."""
    home = home or default_cache_dir()
    stamp = home / "complete"
    if not stamp.is_file():
        return None
    try:
        return unpacked_build(root=home / "root", suite=stamp.read_text().strip())
    except AsteriskNotAvailable:
        return None  # a damaged tree is unpacked anew


def default_cache_dir() -> Path:
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given).resolve() / "asterisk"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").resolve() / "callcenter" / "asterisk"


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
