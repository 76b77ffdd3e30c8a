"""All benchmarks by name, run one after another; the command line and `make prove` share it."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from callcenter.bench import ami, calls, ivr, lists, pop, requests, short_calls, wall
from callcenter.bench.report import Finding
from callcenter.bench.surroundings import CpuClock

Say = Callable[[str], None]


class Bench(StrEnum):
    INTAKE = "intake"
    POP = "pop"
    IVR = "ivr"
    REQUESTS = "requests"
    WALL = "wall"
    LISTS = "lists"
    CALLS = "calls"


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """None = each benchmark's own default, the size of DESIGN.md §8."""

    agents: int | None = None
    browsers: int = wall.BROWSERS
    rows: int = lists.MANY
    rate: float = short_calls.RATE
    seconds: float | None = None


def run(names: Iterable[Bench], sizes: Sizes, say: Say) -> Iterator[Finding]:
    """The findings as they come, each with the steal and load of the machine meanwhile. `BenchFailed`."""
    for name in names:
        say(f"{name}: measuring")
        began, clock = time.monotonic(), CpuClock.now()
        found = _measures(sizes, say)[name]()
        meanwhile = clock.until(CpuClock.now())
        say(f"{name}: {time.monotonic() - began:.0f} s")
        for finding in found:
            yield replace(finding, extra={**finding.extra, **meanwhile})


def _measures(sizes: Sizes, say: Say) -> dict[Bench, Callable[[], list[Finding]]]:
    def pops() -> list[Finding]:
        return pop.run(agents=sizes.agents or pop.AGENTS, seconds=sizes.seconds or pop.SECONDS)

    def whole_path() -> list[Finding]:
        size = short_calls.Size(
            rate=sizes.rate,
            seconds=sizes.seconds or short_calls.SECONDS,
            agents=sizes.agents or short_calls.agents_for(sizes.rate),
        )
        return calls.run(size, say)

    return {
        Bench.INTAKE: ami.run,
        Bench.POP: pops,
        Bench.IVR: ivr.run,
        Bench.REQUESTS: requests.run,
        Bench.WALL: lambda: wall.run(browsers=sizes.browsers, say=say),
        Bench.LISTS: lambda: lists.run(many=sizes.rows, say=say),
        Bench.CALLS: whole_path,
    }
