"""How the link to a PBX does, for people and programs: /readyz, the health page, `callcenter status`, the metrics."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from callcenter.foundation.clock import iso


class LinkState(StrEnum):
    DOWN = "down"
    RECOVERING = "recovering"
    LIVE = "live"


@dataclass(slots=True)
class LinkStatus:
    """`lag`: PBX's stamp → receipt, `handling`: receipt → written; (p50, p99) in ms of the last minutes, or None."""

    state: LinkState = LinkState.DOWN
    since: datetime | None = None
    """When this state began."""
    connected_at: datetime | None = None
    attempts: int = 0
    """In vain since the link was last live."""
    links: int = 0
    recovery_ms: float | None = None
    """From the sign-in to the right picture, last time."""
    life_since: datetime | None = None
    """Since when we know this life of the PBX."""
    lag: tuple[float, float] | None = None
    handling: tuple[float, float] | None = None
    clock_offset_seconds: float | None = None
    """Our clock minus the PBX's."""
    clock_steps: int = 0
    events: int = 0
    inbox: int = 0
    inbox_most: int = 0
    overflows: int = 0
    unsaved: int = 0
    set_aside: int = 0
    open_journeys: int = 0
    sweeps: int = 0
    full_sweeps: int = 0
    """Those that found a difference at first sight."""
    last_sweep_at: datetime | None = None
    last_repaired_at: datetime | None = None
    repairs: int = 0
    repair_counts: dict[str, int] = field(default_factory=dict)
    """`kind/found_by` → number since this process began."""
    disagreements: int = 0
    """Commands about queue members that the PBX refused."""
    last_error: str = ""

    def enter(self, state: LinkState, at: datetime) -> None:
        if state is not self.state or self.since is None:
            self.state, self.since = state, at

    @property
    def lag_ms(self) -> float:
        """The usual lateness of the PBX's news; 0 if nothing was heard lately."""
        return self.lag[0] if self.lag else 0.0

    def as_json(self) -> dict[str, Any]:
        """All of it; times ISO 8601 UTC, percentiles as {"p50", "p99"} in milliseconds."""
        return {
            "state": self.state.value,
            "since": iso(self.since),
            "connected_at": iso(self.connected_at),
            "attempts": self.attempts,
            "links": self.links,
            "recovery_ms": _rounded(self.recovery_ms),
            "life_since": iso(self.life_since),
            "lag_ms": _percentiles(self.lag),
            "handling_ms": _percentiles(self.handling),
            "clock_offset_seconds": _rounded(self.clock_offset_seconds, 3),
            "clock_steps": self.clock_steps,
            "events": self.events,
            "inbox": self.inbox,
            "inbox_most": self.inbox_most,
            "overflows": self.overflows,
            "unsaved": self.unsaved,
            "set_aside": self.set_aside,
            "open_journeys": self.open_journeys,
            "sweeps": self.sweeps,
            "full_sweeps": self.full_sweeps,
            "last_sweep_at": iso(self.last_sweep_at),
            "last_repaired_at": iso(self.last_repaired_at),
            "repairs": self.repairs,
            "repair_counts": dict(self.repair_counts),
            "disagreements": self.disagreements,
            "last_error": self.last_error,
        }


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


def _percentiles(pair: tuple[float, float] | None) -> dict[str, float] | None:
    return None if pair is None else {"p50": round(pair[0], 2), "p99": round(pair[1], 2)}
