"""Reading the data files that come with the package."""

import csv
import json
import uuid
from importlib.resources import files
from typing import Any

_NAMESPACE = uuid.UUID("6f0c9a7e-3f0d-5b5e-9a51-7a1e0c4d9365")


def text_of(name: str) -> str:
    return files("callcenter.seed").joinpath("data", name).read_text("utf-8")


def json_of(name: str) -> Any:
    return json.loads(text_of(name))


def rows_of(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text_of(name).splitlines()))


def stable_id(kind: str, name: str) -> uuid.UUID:
    """The same id at every seeding, so that links to demo rows stay good."""
    return uuid.uuid5(_NAMESPACE, f"{kind}:{name}")
