"""Cursor paging: an opaque token that says where the last page ended."""

import base64
import binascii
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from callcenter.foundation.errors import Invalid


def encode(*parts: Any) -> str:
    """A cursor holding `parts` (JSON values) of the last row."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode(cursor: str, *parts: Callable[[Any], Any]) -> list[Any]:
    """The values of a cursor, each read by its function (`an_id`, `a_time`); `Invalid` if it is not one of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode()))
        if isinstance(values, list):
            return [read(value) for read, value in zip(parts, values, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error, RecursionError) as error:
        raise Invalid("invalid_cursor") from error
    raise Invalid("invalid_cursor")


an_id = uuid.UUID


def a_time(value: Any) -> datetime:
    """An aware moment that any database can be asked for. ValueError, TypeError or OverflowError."""
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("naive")
    at.astimezone(UTC)  # the ends of the calendar in another zone are no moment
    return at
