"""Fetch Debian's Asterisk packages with an apt state of our own: the machine's apt stays untouched."""

import getpass
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from callcenter.pbx.debian_mirror import debian_mirror
from callcenter.pbx.errors import AsteriskNotAvailable

Say = Callable[[str], None]

PACKAGES = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FETCH_SECONDS = 900


def fetch_packages(*, apt_dir: Path, suite: str, say: Say) -> list[Path]:
    """The .deb files of Asterisk and all it needs. Without a network those of the last time are used."""
    for tool in ("apt-get", "dpkg-deb", "tar"):
        if shutil.which(tool) is None:
            raise AsteriskNotAvailable(f"no Asterisk >= 20 is installed and {tool} is missing to fetch one")
    archives = apt_dir / "cache" / "archives"
    problem = _download(apt_dir, suite, say)
    debs = sorted(archives.glob("*.deb"))
    if not any(deb.name.startswith("asterisk_") for deb in debs):
        raise AsteriskNotAvailable(f"Asterisk's packages could not be fetched: {problem or 'none arrived'}")
    if problem:
        say(f"using the packages of the last time ({problem})")
    return debs


def _download(apt_dir: Path, suite: str, say: Say) -> str | None:
    """None on success, else the last line apt printed."""
    try:
        options = _apt_options(apt_dir, suite)
    except AsteriskNotAvailable as error:
        return str(error)
    say(f"reading the package lists (Debian {suite})")
    if problem := _apt(options, "update"):
        return problem
    say("fetching Asterisk's packages")
    if problem := _apt(options, "install", "-y", "--download-only", "--no-install-recommends", *PACKAGES):
        return problem
    _apt(options, "autoclean")  # superseded versions would be unpacked over the new ones
    return None


def _apt(options: list[str], *command: str) -> str | None:
    try:
        done = subprocess.run(
            ["apt-get", *options, *command],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except subprocess.TimeoutExpired:
        return f"apt-get {command[0]} took longer than {_FETCH_SECONDS} s"
    if done.returncode == 0:
        return None
    return (done.stderr.strip() or f"apt-get {command[0]} failed").splitlines()[-1]


def _apt_options(apt_dir: Path, suite: str) -> list[str]:
    if not re.fullmatch(r"[a-z][a-z-]{1,31}", suite):
        raise AsteriskNotAvailable("the Debian suite's name is not a plain word")
    if not KEYRING.is_file():
        raise AsteriskNotAvailable("the Debian archive keyring is not installed")
    arch = _architecture()
    for part in ("state/lists/partial", "cache/archives/partial", "empty"):
        (apt_dir / part).mkdir(parents=True, exist_ok=True)
    (apt_dir / "status").write_text("")  # as if nothing were installed: every dependency is fetched
    sources = apt_dir / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING} arch={arch}] {debian_mirror()} {suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": apt_dir / "empty",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": apt_dir / "empty",
        "Dir::State": apt_dir / "state",
        "Dir::State::status": apt_dir / "status",
        "Dir::State::lists": apt_dir / "state/lists",
        "Dir::Cache": apt_dir / "cache",
        "Dir::Cache::archives": apt_dir / "cache/archives",
        "Dir::Log": apt_dir,
        "APT::Architecture": arch,
        "APT::Architectures::": arch,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": getpass.getuser(),
        "Debug::NoLocking": "true",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "APT::Update::Post-Invoke::": "true",
        "Acquire::Retries": "3",
    }
    return ["-q", *(part for key, value in settings.items() for part in ("-o", f"{key}={value}"))]


def _architecture() -> str:
    done = subprocess.run(
        ["dpkg", "--print-architecture"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
