"""What a benchmark says: our figure, the floor of the same run, their ratio, the goal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Extra = dict[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Goal:
    """`value` is reached from below (a rate, a ratio) unless `most`: then it must not be passed (a time)."""

    value: float
    most: bool = False
    of_ratio: bool = False

    def is_met(self, ours: float, ratio: float) -> bool:
        figure = ratio if self.of_ratio else ours
        return figure <= self.value if self.most else figure >= self.value

    def as_text(self) -> str:
        return f"{'ratio ' if self.of_ratio else ''}{'≤' if self.most else '≥'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a benchmark. `ours` and `floor` have the same `unit`."""

    name: str
    unit: str
    ours: float
    floor: float
    floor_is: str
    goal: Goal | None = None
    extra: Extra = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """NaN when the floor is nothing."""
        return self.ours / self.floor if self.floor else math.nan

    def as_json(self) -> dict[str, Any]:
        goal = self.goal
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": round(self.ours, 3),
            "floor": round(self.floor, 3),
            "floor_is": self.floor_is,
            "ratio": None if math.isnan(self.ratio) else round(self.ratio, 3),
            "goal": goal.as_text() if goal else None,
            "met": goal.is_met(self.ours, self.ratio) if goal else None,
            **self.extra,
        }

    def as_text(self) -> str:
        shown = self.as_json()
        met = {True: "met", False: "MISSED", None: ""}[shown["met"]]
        more = "  ".join(f"{key}={value}" for key, value in self.extra.items())
        return (
            f"{self.name:<28} {self.ours:>10.1f} {self.unit:<12} floor {self.floor:>9.1f} ({self.floor_is})  "
            f"ratio {self.ratio:5.2f}  goal {shown['goal'] or '-'} {met}" + (f"\n{'':28} {more}" if more else "")
        )


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank: the least value that `share` (0..1) of all do not pass. NaN of nothing."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def milliseconds(seconds: Sequence[float]) -> Extra:
    """Count and p50, p95, p99, most of durations given in seconds."""
    shares = (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("most_ms", 1.0))
    return {"count": len(seconds), **{name: round(1000 * percentile(seconds, at), 2) for name, at in shares}}
