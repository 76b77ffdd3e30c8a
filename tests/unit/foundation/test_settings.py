"""`.env.example` lists every setting, each with its default, and nothing else."""

import re

import pytest

from callcenter.foundation.schema import ROOT
from callcenter.foundation.settings import Settings

EXAMPLE = ROOT / ".env.example"


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    listed = re.findall(r"^CALLCENTER_([A-Z_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_says_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CALLCENTER_{name.upper()}", raising=False)
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (None, None),
        ("", None),
        ("https://Desk.example/", "https://desk.example"),
        ("http://desk.example:8443/x", "http://desk.example:8443"),
        ("desk.example", None),
    ],
)
def test_the_origin_of_the_public_address(url: str | None, origin: str | None) -> None:
    assert Settings(_env_file=None, public_url=url).public_origin == origin  # type: ignore[call-arg]
