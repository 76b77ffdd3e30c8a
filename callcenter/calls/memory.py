"""Line events as JSON and back, so that open journeys survive a restart of the service.

An event is a list: its class name, then its fields in order; times as ISO 8601 with microseconds, UTC.
"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from callcenter.calls import events as e
from callcenter.calls.machine import HANDLERS

_CLASSES = {kind.__name__: kind for kind in HANDLERS}
_TIMES = {kind.__name__: [field.type in (datetime, "datetime") for field in fields(kind)] for kind in HANDLERS}
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in HANDLERS}


def encode(event: e.LineEvent) -> list[Any]:
    """The event as JSON-able data."""
    values = (getattr(event, name) for name in _NAMES[type(event)])
    return [type(event).__name__, *(v.isoformat() if isinstance(v, datetime) else v for v in values)]


def decode(data: list[Any]) -> e.OnLine | None:
    """The event again; None if a newer or older version of this program wrote something unknown."""
    name = data[0] if data else None
    kind, times = _CLASSES.get(str(name)), _TIMES.get(str(name), [])
    if kind is None or len(times) != len(data) - 1:
        return None
    values = [datetime.fromisoformat(v) if is_time else v for v, is_time in zip(data[1:], times, strict=True)]
    build: Any = kind
    event = build(*values)
    return event if isinstance(event, e.OnLine) else None
