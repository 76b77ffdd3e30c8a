"""tests/PROOF.md: what was proven, when, on what, at which scale."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from callcenter.bench.report import percentile
from tests.prove.faults import FaultResult
from tests.prove.long_lists import ListResult
from tests.prove.many_calls import ManyResult

FILE = Path(__file__).parent.parent / "PROOF.md"
RECOVERY_GOAL = 2.0
LIST_GOAL_MS = 50.0


@dataclass
class Proof:
    scale: float
    began: datetime
    seed: int
    asterisk: str = ""
    faults: list[FaultResult] = field(default_factory=list)
    many: ManyResult | None = None
    lists: list[ListResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Sections that could not be run to their end."""

    @property
    def complaints(self) -> list[str]:
        found = list(self.failures)
        for fault in self.faults:
            found += [f"{fault.name}: {complaint}" for complaint in fault.verdict.complaints]
            late = [seconds for seconds in fault.recovery if seconds > RECOVERY_GOAL]
            if late:
                found.append(f"{fault.name}: {len(late)} of {fault.rounds} recoveries took longer than 2 s")
        if self.many is not None:
            found += [*self.many.verdict.complaints, *self.many.differences]
        found += [f"list of {one.name}: p99 {one.p99_ms:.0f} ms" for one in self.lists if one.p99_ms > LIST_GOAL_MS]
        return found


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return os.environ.get("PROVE_COMMIT") or done.stdout.strip() or "unknown"


def _machine() -> str:
    memory = next((line for line in Path("/proc/meminfo").read_text().splitlines()), "")
    gigabytes = int(memory.split()[1]) / 1_048_576 if memory else 0
    return (
        f"{os.cpu_count()} cores, {gigabytes:.0f} GB, Linux {platform.release()}, Python {platform.python_version()}"
    )


def write(proof: Proof, file: Path = FILE) -> None:
    ended = datetime.now(UTC)
    minutes = (ended - proof.began).total_seconds() / 60
    lines = [
        "# Proof",
        "",
        "Written by `make prove` (`python -m tests.prove`); do not edit. `PROVE_SCALE` scales the volumes.",
        "",
        f"- commit {_commit()}, {proof.began:%Y-%m-%d %H:%M} UTC, {minutes:.1f} minutes",
        f"- {_machine()}, Asterisk {proof.asterisk}",
        f"- scale {proof.scale:g} (1 = the acceptance volumes), random seed {proof.seed},"
        f" load of the machine at the end {os.getloadavg()[0]:.1f}",
        "",
        *_faults(proof.faults),
        *_many(proof.many),
        *_lists(proof.lists),
        "## Complaints",
        "",
        *([f"- {one}" for one in proof.complaints] or ["None."]),
    ]
    file.write_text("\n".join(lines) + "\n", "utf-8")


def _seconds(values: Sequence[float]) -> str:
    return f"{percentile(values, 0.5):.2f} / {max(values):.2f}" if values else "-"


def _faults(faults: Sequence[FaultResult]) -> list[str]:
    rows = [
        f"| {one.name} | {one.rounds} | {one.verdict.calls} | {_outcomes(one.verdict.outcomes)} |"
        f" {len(one.verdict.complaints)} | {_seconds(one.recovery)} |"
        for one in faults
    ]
    return [
        "## Parts die in calls",
        "",
        "Real Asterisk, real SIP callers and telephones. Each accepted call: one journey with one outcome, and an"
        " owned task if it was not served; nothing doubled."
        " Recovery: seconds from the part (or link) being back to the right picture (goal 2).",
        "",
        "| what dies | rounds | accepted calls | outcomes | complaints | recovery, median / worst |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def _outcomes(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _many(many: ManyResult | None) -> list[str]:
    if many is None:
        return []
    return [
        "## Many calls",
        "",
        f"{many.calls} calls at about 1/s, 20 telephones: {many.accepted} accepted,"
        f" {many.answered_by_phones} answered by a telephone; ledger: {_outcomes(many.verdict.outcomes)}."
        f" Lost or doubled: {len(many.verdict.complaints)}."
        f" Differences between ledger and telephones: {len(many.differences)};"
        f" worst difference of talk time {many.worst_talk_difference:.2f} s (goal 0.5).",
        "",
    ]


def _lists(lists: Sequence[ListResult]) -> list[str]:
    if not lists:
        return []
    rows = [f"| {one.name} | {one.rows} | {one.pages} | {one.p50_ms:.1f} | {one.p99_ms:.1f} |" for one in lists]
    return [
        "## Long lists over HTTP",
        "",
        "| list | rows | pages read | p50 ms | p99 ms (goal 50) |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
