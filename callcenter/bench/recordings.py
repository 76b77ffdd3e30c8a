"""The recorded AMI streams as bytes, as often as wished, each repetition with lines and times of its own."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from callcenter.bench.errors import BenchFailed
from callcenter.foundation.schema import ROOT

FOLDER = ROOT / "tests" / "transcripts" / "ami"
REPETITION_SECONDS = 100_000
_EPOCH = re.compile(rb"\b1795\d{6}\b")
"""All recordings were made within 1795000000 … 1795999999; in Uniqueids, Linkedids, Timestamps and file names."""

Message = dict[str, Any]


def read(path: Path) -> Iterator[Message]:
    """The events of one recording, without the recorder's own marks."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            message: Message = json.loads(line)
            if "_meta" not in message:
                yield {name: value for name, value in message.items() if not name.startswith("_")}


def encode(message: Mapping[str, Any]) -> bytes:
    """As Asterisk writes it; a list is a header that comes more than once."""
    lines = []
    for name, value in message.items():
        lines += [f"{name}: {item}" for item in (value if isinstance(value, list) else [value])]
    return "\r\n".join([*lines, "", ""]).encode()


def all_events(repetitions: int, folder: Path = FOLDER) -> tuple[bytes, int]:
    """(all recordings one behind the other, `repetitions` times; how many events). BenchFailed without recordings."""
    once = [encode(message) for path in sorted(folder.glob("*.jsonl")) for message in read(path)]
    if not once:
        raise BenchFailed("there are no recorded streams here; run it in a checkout of the project")
    stream = b"".join(once)
    shifted = (_shifted(stream, n * REPETITION_SECONDS) for n in range(repetitions))
    return b"".join(shifted), len(once) * repetitions


def _shifted(stream: bytes, seconds: int) -> bytes:
    return _EPOCH.sub(lambda found: str(int(found[0]) + seconds).encode(), stream)
