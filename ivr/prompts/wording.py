"""What is said, by whom: `texts.toml` as values."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TEXTS = Path(__file__).with_name("texts.toml")
MASTERS = Path(__file__).with_name("masters")
SOUNDS = ROOT / "asterisk_conf" / "sounds"

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HINTS = re.compile(r"[ …]")


@dataclass(frozen=True)
class Engine:
    """The speaking machine: its name and version, tempo (1.0 = as trained), digest of its weights."""

    name: str
    speed: float
    model_sha256: str


@dataclass(frozen=True)
class Voice:
    """One language's machine voice: name, digest of its vectors, pause between sentences (milliseconds)."""

    name: str
    sha256: str
    pause_ms: int


@dataclass(frozen=True)
class Prompt:
    """One fixed prompt. `speaker`: the person who recorded it; None = the machine speaks. `tone`: one follows."""

    id: str
    language: str
    sentences: tuple[str, ...]
    speaker: str | None
    tone: bool = False

    @property
    def text(self) -> str:
        """The words without the hints to the speaker."""
        return _HINTS.sub("", "".join(self.sentences))

    @property
    def master(self) -> Path:
        """The 16 kHz original."""
        return MASTERS / self.language / f"{self.id}.wav"

    @property
    def sound(self) -> Path:
        """The 8 kHz file that Asterisk plays as `hotline/<id>`."""
        return SOUNDS / self.language / "hotline" / f"{self.id}.wav"


@dataclass(frozen=True)
class Wording:
    """All of `texts.toml`: voices by language, prompts in the order written."""

    engine: Engine
    voices: dict[str, Voice]
    prompts: tuple[Prompt, ...]


def load(path: Path = TEXTS) -> Wording:
    """Read the texts. Raises KeyError for a missing field, ValueError for a bad id or an unknown human prompt."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    languages: dict[str, Any] = table["languages"]
    toned: list[str] = table["tone"]["behind"]
    return Wording(
        engine=Engine(**table["engine"]),
        voices={code: _voice(part) for code, part in languages.items()},
        prompts=tuple(prompt for code, part in languages.items() for prompt in _prompts(code, part, toned)),
    )


def _voice(part: dict[str, Any]) -> Voice:
    return Voice(part["voice"], part["voice_sha256"], part["pause_ms"])


def _prompts(language: str, part: dict[str, Any], toned: list[str]) -> list[Prompt]:
    texts: dict[str, list[str]] = part["texts"]
    human: dict[str, str] = part.get("human", {})
    wrong = [name for name in texts if not _ID.fullmatch(name)] + sorted(human.keys() - texts.keys())
    if wrong:
        raise ValueError(f"bad prompt ids in language {language}: {', '.join(wrong)}")
    return [Prompt(name, language, tuple(said), human.get(name), name in toned) for name, said in texts.items()]
