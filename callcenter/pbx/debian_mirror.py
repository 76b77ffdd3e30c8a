"""Where this machine gets Debian packages from. No address is written in our own text."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from callcenter.pbx.errors import AsteriskNotAvailable

MIRROR_VARIABLE = "CALLCENTER_DEBIAN_MIRROR"
_SOURCES = Path("/etc/apt")


def debian_mirror() -> str:
    """The mirror's address: the environment variable, apt's index targets, or apt's source lists."""
    mirror = os.environ.get(MIRROR_VARIABLE) or _from_index_targets() or mirror_in_sources(_source_texts())
    if not mirror:
        raise AsteriskNotAvailable(f"no Debian mirror in the apt configuration; set {MIRROR_VARIABLE}")
    if not re.fullmatch(r"[A-Za-z0-9+]+:[!-~]+", mirror):
        raise AsteriskNotAvailable(f"the Debian mirror is not an address; set {MIRROR_VARIABLE}")
    return mirror


def _from_index_targets() -> str | None:
    wanted = ["--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Identifier: Packages"]
    done = subprocess.run(
        ["apt-get", "indextargets", *wanted],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        origin, _, rest = line.partition("|")
        label, _, uri = rest.partition("|")
        if origin == label == "Debian":
            return uri
    return None


def mirror_in_sources(texts: Iterable[str]) -> str | None:
    """From source lists: before the first `apt-get update` the index targets have no origin."""
    for text in texts:
        uris = re.findall(r"^URIs:\s*(\S+)", text, re.M)
        uris += re.findall(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s", text, re.M)
        for uri in uris:
            if re.search(r"/debian/?$", uri):
                return str(uri)
    return None


def _source_texts() -> list[str]:
    folder = _SOURCES / "sources.list.d"
    files = [_SOURCES / "sources.list", *sorted(folder.glob("*.list")), *sorted(folder.glob("*.sources"))]
    return [file.read_text("utf-8", "replace") for file in files if file.is_file()]
