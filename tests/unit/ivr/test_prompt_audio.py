"""Every prompt the caller can meet is there, in every language, audible, and is the file the manifest describes."""

import array
import ast
import hashlib
import importlib
import inspect
import itertools
import json
import math
import pkgutil
import re
import tomllib
import wave
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from ivr import flows
from ivr.menu import Menu, prompts_of

ROOT = Path(__file__).parents[3]
PROMPTS = ROOT / "ivr" / "prompts"
SOUNDS = ROOT / "asterisk_conf" / "sounds"
MANIFEST: list[dict[str, Any]] = json.loads((PROMPTS / "manifest.json").read_text(encoding="utf-8"))
LANGUAGES = sorted({entry["language"] for entry in MANIFEST})
PROMISED = {
    "recording-notice",
    "greeting",
    "main-menu",
    "invalid-key",
    "no-key",
    "connecting",
    "all-busy",
    "closed-sorry",
    "please-wait",
    "goodbye",
    "call-back-promise",
}

_SOUND_NAME = re.compile(r"\bhotline/([a-z0-9-]+)")
_HAN = re.compile("[\u4e00-\u9fff]")
_SPEAKING = {".py", ".conf", ".j2"}
_QUIETEST_RMS = 0.03
_AUDIBLE = 0.01

each_prompt = pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: f"{entry['language']}/{entry['id']}")


class Sound(NamedTuple):
    """Format of a WAV file and its samples from -1 to 1."""

    rate: int
    channels: int
    bytes_per_sample: int
    samples: list[float]


def read(path: Path) -> Sound:
    with wave.open(str(path), "rb") as file:
        values = array.array("h", file.readframes(file.getnframes()))
        samples = [value / 32768 for value in values]
        return Sound(file.getframerate(), file.getnchannels(), file.getsampwidth(), samples)


def named_by_asterisk() -> set[str]:
    """Ids behind `hotline/` in the dialplan and its templates."""
    folders = (ROOT / "asterisk_conf", ROOT / "callcenter" / "pbx")
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in _SPEAKING)
    return {name for path in files for name in _SOUND_NAME.findall(path.read_text(encoding="utf-8"))}


def named_by_flows() -> set[str]:
    """Ids that the menus and the `line.play(...)` of the flows name."""
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(flows.__path__, "ivr.flows.")]
    menus = (value for module in modules for value in vars(module).values() if isinstance(value, Menu))
    played = {name for module in modules for name in _played(module)}
    return {prompt for menu in menus for prompt in prompts_of(menu)} | played


def _played(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        match node:
            case ast.Call(func=ast.Attribute(attr="play"), args=[ast.Constant(value=str(prompt)), *_]):
                yield prompt
            case ast.Call(func=ast.Attribute(attr="play"), args=[ast.Name(id=name), *_]):
                yield str(getattr(module, name))


def test_the_search_for_prompts_sees_dialplan_and_flows() -> None:
    assert {"recording-notice", "greeting", "call-back-promise"} <= named_by_asterisk()
    assert {"main-menu", "no-key", "invalid-key", "connecting"} <= named_by_flows()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_a_caller_can_meet_exists_in_every_language(language: str) -> None:
    # Asterisk speaks a missing Chinese file in English, without an error.
    present = {entry["id"] for entry in MANIFEST if entry["language"] == language}
    assert (PROMISED | named_by_asterisk() | named_by_flows()) - present == set()


def test_mandarin_is_among_the_languages_and_no_prompt_is_listed_twice() -> None:
    assert "zh" in LANGUAGES
    assert len({(entry["language"], entry["id"]) for entry in MANIFEST}) == len(MANIFEST)


@pytest.mark.parametrize(("field", "folder"), [("file", SOUNDS), ("master", PROMPTS / "masters")])
def test_files_and_manifest_name_the_same_sounds(field: str, folder: Path) -> None:
    on_disk = {path.relative_to(ROOT).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {entry[field] for entry in MANIFEST}


@each_prompt
def test_asterisk_finds_the_file_under_its_id(entry: dict[str, Any]) -> None:
    assert ROOT / entry["file"] == SOUNDS / entry["language"] / "hotline" / f"{entry['id']}.wav"


@each_prompt
def test_the_file_is_the_one_described(entry: dict[str, Any]) -> None:
    assert hashlib.sha256((ROOT / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


@each_prompt
def test_the_manifest_has_the_words_of_the_texts(entry: dict[str, Any]) -> None:
    texts = tomllib.loads((PROMPTS / "texts.toml").read_text(encoding="utf-8"))["languages"][entry["language"]]
    assert entry["text"] == re.sub("[ …]", "", "".join(texts["texts"][entry["id"]]))
    assert entry["origin"] == ("human" if entry["id"] in texts.get("human", {}) else "machine")


@each_prompt
def test_formats_are_those_of_the_telephone_and_of_a_master(entry: dict[str, Any]) -> None:
    assert read(ROOT / entry["file"])[:3] == (8_000, 1, 2)
    assert read(ROOT / entry["master"])[:3] == (16_000, 1, 2)


@each_prompt
def test_it_is_audible_and_not_clipped(entry: dict[str, Any]) -> None:
    samples = read(ROOT / entry["file"]).samples
    assert math.sqrt(math.fsum(sample * sample for sample in samples) / len(samples)) > _QUIETEST_RMS
    assert 0.6 < max(map(abs, samples)) < 0.75  # peak at -3 dB


@each_prompt
def test_its_length_is_that_of_its_words(entry: dict[str, Any]) -> None:
    sound = read(ROOT / entry["file"])
    seconds = len(sound.samples) / sound.rate
    assert seconds == pytest.approx(entry["seconds"], abs=0.01)
    if entry["language"] == "zh":
        assert 0.15 < seconds / len(_HAN.findall(entry["text"])) < 0.6


@each_prompt
def test_it_begins_and_ends_with_little_silence(entry: dict[str, Any]) -> None:
    sound = read(ROOT / entry["file"])
    assert silence_before(sound) < 0.5
    assert silence_before(sound._replace(samples=sound.samples[::-1])) < 0.5


def silence_before(sound: Sound) -> float:
    """Seconds until the first audible sample."""
    quiet = itertools.takewhile(lambda sample: abs(sample) < _AUDIBLE, sound.samples)
    return sum(1 for _ in quiet) / sound.rate
