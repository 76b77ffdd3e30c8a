"""Cursor paging: an opaque token that says where the last page ended."""

import base64
import binascii
import json
from typing import Any

from callcenter.foundation.errors import Invalid


def encode(*parts: Any) -> str:
    """A cursor holding `parts` (JSON values) of the last row."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[Any]:
    """The `parts` of a cursor; `Invalid` if it is not one of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Invalid("invalid_cursor") from error
    if not isinstance(values, list) or len(values) != parts:
        raise Invalid("invalid_cursor")
    return values
