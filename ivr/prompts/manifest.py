"""`manifest.json`: what every sound file says, who says it, and its digest."""

import hashlib
import json
import wave
from pathlib import Path

from ivr.prompts.wording import ROOT, Prompt, Wording

MANIFEST = Path(__file__).with_name("manifest.json")

Entry = dict[str, str | float | None]


def write_manifest(wording: Wording, path: Path = MANIFEST) -> None:
    """Describe the files as they are now. Raises FileNotFoundError if one was not made."""
    entries = [_entry(wording, prompt) for prompt in wording.prompts]
    path.write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _entry(wording: Wording, prompt: Prompt) -> Entry:
    machine = prompt.speaker is None
    return {
        "id": prompt.id,
        "language": prompt.language,
        "text": prompt.text,
        "file": prompt.sound.relative_to(ROOT).as_posix(),
        "master": prompt.master.relative_to(ROOT).as_posix(),
        "origin": "machine" if machine else "human",
        "voice": prompt.speaker or wording.voices[prompt.language].name,
        "engine": f"{wording.engine.name}, speed {wording.engine.speed}" if machine else None,
        "sha256": hashlib.sha256(prompt.sound.read_bytes()).hexdigest(),
        "seconds": _seconds(prompt.sound),
    }


def _seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as sound:
        return round(sound.getnframes() / sound.getframerate(), 2)
