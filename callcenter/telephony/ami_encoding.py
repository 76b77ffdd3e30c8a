"""What we may say to the PBX: one encoder that refuses whatever could become a second action. Pure.

panoramisk writes keys and values to the wire as they are; a CR LF in a value would add headers or whole actions, and
Asterisk reads lines into a 1,024-byte buffer.
"""

import re
from collections.abc import Mapping

Value = str | list[str]
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
MOST_BYTES = 900


class UnsafeAction(ValueError):
    """The action's text cannot be sent as one action."""


def checked(action: str, headers: Mapping[str, Value]) -> dict[str, Value]:
    """The action as a mapping fit for the wire. `UnsafeAction` for control characters, odd keys, long lines."""
    result: dict[str, Value] = {"Action": _key(action)}
    for key, value in headers.items():
        if _key(key).lower() in ("action", "actionid"):
            raise UnsafeAction("the action's name is not a header")
        result[key] = [_value(v) for v in value] if isinstance(value, list) else _value(value)
    return result


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise UnsafeAction("unusable header name")
    return key


def _value(value: str) -> str:
    if _CONTROL.search(value):
        raise UnsafeAction("control character in a header")
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        raise UnsafeAction("not a text") from error
    if size > MOST_BYTES:
        raise UnsafeAction("header too long")
    return value
