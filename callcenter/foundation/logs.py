"""Structured logs on standard error, one line an event, safe to keep: digits of numbers are masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

_LONG_RUN = re.compile(r"\d{7,}")
_MOBILE_LENGTH = 10  # from here on three digits at the front and four at the end are no secret
_LONG_NUMBER = 10**6
_SAFE_KEYS = frozenset({"timestamp", "position", "pid", "port", "uniqueid", "linkedid", "journey", "order"})


def _stars(run: re.Match[str]) -> str:
    digits = run[0]
    if len(digits) >= _MOBILE_LENGTH:
        return f"{digits[:3]}****{digits[-4:]}"
    return digits[:2] + "*" * (len(digits) - 4) + digits[-2:]


def mask_numbers(text: str) -> str:
    """Runs of seven digits and more lose their middle: `13899886021` → `138****6021`, `2825555` → `28***55`."""
    return _LONG_RUN.sub(_stars, text)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, dict):
        return {_masked(key): item if key in _SAFE_KEYS else _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LONG_NUMBER else mask_numbers(str(value))
    return mask_numbers(str(value))  # bytes, dataclasses, exceptions: what their text shows counts


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key not in _SAFE_KEYS:
            event[key] = _masked(value)
    return event


class NeverFailing:
    """A stream for log lines that may lose them: a full disk must not end the work that is told of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = 0

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # ValueError: the stream is closed
            self.lost += 1
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self.lost += 1


def configure(level: str) -> None:
    """Send our log lines and those of libraries to standard error in one form."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, NeverFailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )


def get(name: str) -> Any:
    """A logger. structlog's bound logger has no useful static type."""
    return structlog.get_logger(component=name)
