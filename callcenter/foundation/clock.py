"""The only reader of the time. Everything else is handed a Clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, timezone-aware UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FrozenClock:
    """Stands still until told otherwise; for tests and for replays."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 2, 24, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def iso(at: datetime | None) -> str | None:
    """ISO 8601 UTC with milliseconds and `Z`, as all our JSON has it."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
