"""Where and when something was measured: machine, commit, and how much of the CPU was not ours to have."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from callcenter.bench.report import Extra
from callcenter.foundation.schema import ROOT

_STAT = Path("/proc/stat")
_IDLE, _IOWAIT, _STEAL = 3, 4, 7


def machine() -> Extra:
    """Where it was measured."""
    memory = Path("/proc/meminfo").read_text().split(maxsplit=2)[1]
    return {
        "cores": os.cpu_count() or 1,
        "memory_gb": round(int(memory) / 1_048_576),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "commit": commit(),
    }


def commit() -> str:
    """The checkout's commit, with `+` when files differ from it; "unknown" outside a checkout."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - whichever git is here
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class CpuClock:
    """The machine's CPU time so far, in ticks, all cores together."""

    all: int
    idle: int
    stolen: int

    @classmethod
    def now(cls) -> "CpuClock":
        # user nice system idle iowait irq softirq steal; guest times are in user already
        ticks = [int(word) for word in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
        return cls(sum(ticks), ticks[_IDLE] + ticks[_IOWAIT], ticks[_STEAL])

    def until(self, later: "CpuClock") -> Extra:
        """Percent of the machine's CPU between the two: taken by the host, and in use by anybody here."""
        span = max(1, later.all - self.all)
        stolen = later.stolen - self.stolen
        busy = span - (later.idle - self.idle) - stolen
        return {"steal_percent": round(100 * stolen / span, 1), "busy_percent": round(100 * busy / span, 1)}
