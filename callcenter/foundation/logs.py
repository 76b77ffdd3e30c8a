"""Structured logs on standard error, one line an event, safe to keep: digits of numbers are masked."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_NUMBER = re.compile(r"(?<!\d)(\+?\d{3})\d{4,9}(\d{3,4})(?!\d)")
_SAFE_KEYS = frozenset({"timestamp", "position", "pid", "port", "uniqueid", "linkedid", "journey", "order"})


def mask_numbers(text: str) -> str:
    """Long digit runs become first three, stars, last four: `13899886021` → `138****6021`."""
    return _NUMBER.sub(r"\1****\2", text)


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in _SAFE_KEYS:
            event[key] = mask_numbers(value)
    return event


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
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def get(name: str) -> Any:
    """A logger. structlog's bound logger has no useful static type."""
    return structlog.get_logger(component=name)
