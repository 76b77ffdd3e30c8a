"""Prompt ids, their sound names in Asterisk, and how long each lasts."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

MANIFEST = Path(__file__).parent / "prompts" / "manifest.json"
LONGEST = 60.0
"""Seconds allowed to a prompt the manifest does not know."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Sounds:
    """`seconds` by prompt id; the longest of all languages counts, as Asterisk chooses the language."""

    seconds: dict[str, float]

    def name(self, prompt: str) -> str:
        """`main-menu` → `hotline/main-menu`. ValueError for what is no prompt id."""
        if not _ID.fullmatch(prompt):
            raise ValueError(f"no prompt id: {prompt!r}")
        return f"hotline/{prompt}"

    def longest(self, prompt: str) -> float:
        """An upper bound of how long it plays."""
        return self.seconds.get(prompt, LONGEST)


def read_manifest(path: Path = MANIFEST) -> Sounds:
    """Read the list of sound files: id, language, seconds and more of each. OSError or ValueError when broken."""
    seconds: dict[str, float] = {}
    for entry in json.loads(path.read_text(encoding="utf-8")):
        prompt = str(entry["id"])
        seconds[prompt] = max(seconds.get(prompt, 0.0), float(entry["seconds"]))
    return Sounds(seconds)
