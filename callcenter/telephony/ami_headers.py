"""Headers of AMI messages as harmless values. Nothing here raises: a line may be cut anywhere, and callers decide
what stands in caller ids."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from callcenter.calls.events import LineEvent

Message = Mapping[str, str | list[str]]
Translator = Callable[[Message, str, datetime], LineEvent | None]

ID_LENGTH = 150  # Asterisk's own limit of a Uniqueid
TEXT_LENGTH = 80  # AST_MAX_EXTENSION and what fits on a screen
_ESCAPED = re.compile(r"\\(?:([\\'\"?])|[abfnrtv])")


def text(message: Message, key: str, limit: int = TEXT_LENGTH) -> str:
    """The header as one harmless line: no control characters, no more than `limit`, `<unknown>` as empty."""
    value: object = message.get(key, "")
    if isinstance(value, list):
        value = value[0] if value else ""
    if not isinstance(value, str) or value == "<unknown>":
        return ""
    if len(value) > limit:
        value = value[:limit]
    return value if value.isprintable() else _printable(value)


def _printable(value: str) -> str:
    spaced = (" " if unicodedata.category(char) == "Zs" else char for char in value)
    return "".join(char for char in spaced if char.isprintable())


def name_of(message: Message) -> str:
    """The caller's name as it was sent; the PBX writes it with C's backslashes: `O\\'Brien`, `Who\\?`."""
    written = text(message, "CallerIDName", 2 * TEXT_LENGTH)
    return _ESCAPED.sub(lambda found: found[1] or "", written)[:TEXT_LENGTH]


def whole(message: Message, key: str) -> int:
    """The header as a whole number; 0 if it is none."""
    value = text(message, key)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def clock_seconds(value: str) -> int:
    """`01:02:03` → 3723; 0 for anything else."""
    parts = value.split(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        return 0
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return seconds


def stamp_of(message: Message) -> datetime | None:
    """The PBX's time stamp, aware UTC; None if there is none that can be read."""
    value = message.get("Timestamp")
    try:
        return datetime.fromtimestamp(float(value), UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def line_of(m: Message, prefix: str = "") -> tuple[str, str, str]:
    """(uniqueid, linkedid, channel) of the line whose headers carry that prefix."""
    return (
        text(m, prefix + "Uniqueid", ID_LENGTH),
        text(m, prefix + "Linkedid", ID_LENGTH),
        text(m, prefix + "Channel", ID_LENGTH),
    )


def offer(m: Message) -> tuple[str, str, str]:
    """(queue, interface, member name)."""
    return text(m, "Queue"), text(m, "Interface", ID_LENGTH), text(m, "MemberName")
