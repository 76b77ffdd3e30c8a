"""Unpack Debian packages into a tree that runs through its own dynamic loader, without root."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from callcenter.pbx.build import AsteriskBuild, read_version
from callcenter.pbx.errors import AsteriskNotAvailable

# Pulled in by dependencies of maintainer scripts, which we never run.
_NOT_NEEDED = ("perl-base_", "perl_", "dpkg_", "apt_", "libperl", "perl-modules", "debconf_", "adduser_")
_LEFT_OUT = ("./usr/share/doc/*", "./usr/share/man/*", "./usr/share/locale/*", "./dev/*")


def unpack(*, debs: Sequence[Path], root: Path) -> None:
    """Replace `root` by a fresh tree of the packages; an interrupted run leaves the old tree whole."""
    fresh = root.with_name(root.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for folder in ("bin", "sbin", "lib", "lib64"):
        (fresh / "usr" / folder).mkdir(parents=True)
        (fresh / folder).symlink_to(f"usr/{folder}")  # merged /usr, as on any current Debian
    for deb in debs:
        if not deb.name.startswith(_NOT_NEEDED):
            _unpack_one(deb, fresh)
    _finish_sounds(fresh / "usr/share/asterisk/sounds")
    old = root.with_name(root.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if root.exists():
        root.rename(old)
    fresh.rename(root)
    shutil.rmtree(old, ignore_errors=True)


def _unpack_one(deb: Path, root: Path) -> None:
    excludes = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
    tar = ["tar", "-C", str(root), "-x", "--no-same-owner", "--keep-directory-symlink", *excludes]
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(deb)],  # noqa: S607
        stdout=subprocess.PIPE,
    ) as source:
        done = subprocess.run(tar, stdin=source.stdout, capture_output=True, text=True, check=False)
    if source.returncode != 0 or done.returncode != 0:
        raise AsteriskNotAvailable(f"{deb.name} could not be unpacked: {done.stderr.strip()[-200:]}")


def _finish_sounds(sounds: Path) -> None:
    """What the sound package's own script would have set up."""
    for name in ("en", "en_US"):
        link = sounds / name
        if link.is_symlink() or link.is_file():
            link.unlink()
        if not link.exists():
            link.symlink_to("en_US_f_Allison")


def unpacked_build(*, root: Path, suite: str) -> AsteriskBuild:
    """The tree as something runnable. Raises AsteriskNotAvailable when it does not run."""
    modules = next(root.glob("usr/lib/*/asterisk/modules"), None)
    if modules is None:
        raise AsteriskNotAvailable("the unpacked packages hold no Asterisk")
    libraries = modules.parent.parent
    loader = next(libraries.glob("ld-linux*.so.*"), None)
    if loader is None:
        raise AsteriskNotAvailable("the unpacked packages hold no dynamic loader")
    path = os.pathsep.join((str(libraries), str(root / "usr/lib")))
    asterisk = str(root / "usr/sbin/asterisk")
    program = (str(loader), "--library-path", path, "--argv0", "asterisk", asterisk)
    return AsteriskBuild(
        version=read_version(program),
        origin=f"debian {suite}",
        program=program,
        modules_dir=modules,
        data_dir=root / "usr/share/asterisk",
    )
