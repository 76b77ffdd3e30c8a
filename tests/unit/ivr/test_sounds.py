"""Prompt ids and their lengths."""

import json
from pathlib import Path

import pytest

from ivr.sounds import LONGEST, read_manifest


def test_the_longest_language_counts(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    entries = [
        {"id": "greeting", "language": "zh", "seconds": 3.5},
        {"id": "greeting", "language": "en", "seconds": 4},
    ]
    manifest.write_text(json.dumps(entries))
    sounds = read_manifest(manifest)
    assert sounds.longest("greeting") == 4
    assert sounds.longest("unheard-of") == LONGEST


def test_ids_become_names_in_the_hotlines_folder() -> None:
    assert read_manifest().name("main-menu") == "hotline/main-menu"


@pytest.mark.parametrize("prompt", ["", "Main", "a b", "a/b", "../x", "a&b", "-a", "a\n"])
def test_what_is_no_id_is_refused(prompt: str) -> None:
    with pytest.raises(ValueError, match="prompt"):
        read_manifest().name(prompt)
