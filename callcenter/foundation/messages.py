"""Message catalogues: every sentence a person reads, per language, by key. Chinese is the fallback."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

LOCALES = ("zh-CN", "ug", "en")
DEFAULT = "zh-CN"


@cache
def catalogue(locale: str) -> dict[str, str]:
    """The flat catalogue of a language, keys like `errors.not_signed_in`."""
    text = files("callcenter.foundation").joinpath("catalogues", f"{locale}.json").read_text("utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded


def pick_locale(accept_language: str) -> str:
    """The first language we have of an Accept-Language header; weights are ignored, browsers list by wish."""
    for part in accept_language[:200].split(","):
        tag = part.split(";")[0].strip().lower()
        for locale in LOCALES:
            if tag and (tag == locale.lower() or tag.split("-")[0] == locale.split("-")[0].lower()):
                return locale
    return DEFAULT


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def text(locale: str, key: str, params: dict[str, Any] | None = None) -> str:
    """The sentence for `key`; in Chinese if the language lacks it, the key itself if nobody has it."""
    template = catalogue(locale).get(key) or catalogue(DEFAULT).get(key) or key
    return template.format_map(_Lenient(params or {}))
