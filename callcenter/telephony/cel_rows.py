"""Lines of the PBX's CEL file (asterisk_conf/cel_custom.conf) → rows. Whatever stands there, nothing raises."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ID_LENGTH, TEXT_LENGTH = 150, 80  # as in ami_events
_CALLED_BY_PBX = ("AppDial", "AppQueue")
_NO_NUMBER = frozenset({"", "s"})


@dataclass(frozen=True, slots=True)
class CelRow:
    """One row. `at` aware UTC, microseconds; `extra` is the JSON object of its last column, {} if it is none."""

    kind: str
    at: datetime
    number: str
    exten: str
    channel: str
    application: str
    uniqueid: str
    linkedid: str
    extra: dict[str, Any]
    arguments: str
    name: str

    @property
    def was_called(self) -> bool:
        """True if this row itself shows that the PBX called the line."""
        begun = self.kind == "CHAN_START" and (self.uniqueid != self.linkedid or self.exten in _NO_NUMBER)
        return begun or self.application.startswith(_CALLED_BY_PBX)

    def said(self, key: str) -> str:
        value = self.extra.get(key, "")
        return _clean(value, ID_LENGTH) if isinstance(value, str) else ""


def parse(columns: Sequence[str]) -> CelRow | None:
    """A row of the file; None if it names no line or has no time. Older rows end with the tenth column."""
    kind, stamp, number, exten, channel, application, uniqueid, linkedid, _, extra = columns[:10]
    arguments, name = [*columns[10:12], "", ""][:2]
    at = _stamp(stamp)
    if at is None or not uniqueid or not linkedid:
        return None
    texts = (_clean(number), _clean(exten), _clean(channel, ID_LENGTH), _clean(application))
    ids = (_clean(uniqueid, ID_LENGTH), _clean(linkedid, ID_LENGTH))
    return CelRow(kind, at, *texts, *ids, _object(extra), _clean(arguments), _clean(name))


def _clean(value: str, limit: int = TEXT_LENGTH) -> str:
    return "".join(char for char in value[:limit] if char.isprintable())


def _stamp(value: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
