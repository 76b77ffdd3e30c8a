"""What was proven, when, on what, at which scale: figures in files, one a section, and tests/PROOF.md made of all.

Each file carries its own commit, time, machine, seed and scale, so that a long proof can be made in pieces.
"""

import json
import os
import platform
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from callcenter.bench.report import percentile
from tests.prove.faults import FAULTS

FILE = Path(__file__).parent.parent / "PROOF.md"
FIGURES = Path(__file__).parent / "figures"
LIST_GOAL_MS = 50.0
CRASH_GOAL = 10_000

Figures = dict[str, Any]

ABOUT_FAULTS = """\
Real Asterisk, real SIP callers and telephones, five agents, an agent who saves orders meanwhile; the fault comes at a
random moment of the calls. Lost: a call taken without its one outcome, or unserved without its one owned task; an
order that was confirmed and is not there. Doubled: a journey, task, ring, pop, order or text too many. Ghosts: what
has no end after the calls. Differences: times off by more than 1 s from the SIP side's own log (where not marked
estimated), rings that one side only saw, nobody served afterwards. Recovery: seconds from the part being back to the
ledger showing the calls that are up, median / worst (goal). Still: seconds in which the whole machine stood, as its
host had other work (seen by a thread that only sleeps); they are taken off from differences and recoveries."""


def keep(name: str, figures: Figures, *, scale: float, seed: int, asterisk: str = "") -> None:
    """Write one section's figures with where and when they were found."""
    FIGURES.mkdir(exist_ok=True)
    stamp = {
        "commit": _commit(),
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": _machine(),
        "load": round(os.getloadavg()[0], 1),
        "scale": scale,
        "seed": seed,
        "asterisk": asterisk,
    }
    text = json.dumps({"stamp": stamp, **figures}, ensure_ascii=False, indent=1, default=str)
    (FIGURES / f"{name}.json").write_text(text + "\n", "utf-8")


def kept() -> dict[str, Figures]:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FIGURES.glob("*.json"))}


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return os.environ.get("PROVE_COMMIT") or done.stdout.strip() or "unknown"


def _machine() -> str:
    memory = next((line for line in Path("/proc/meminfo").read_text().splitlines()), "")
    gigabytes = int(memory.split()[1]) / 1_048_576 if memory else 0
    return (
        f"{os.cpu_count()} cores, {gigabytes:.0f} GB, Linux {platform.release()}, Python {platform.python_version()}"
    )


def write(file: Path = FILE) -> list[str]:
    """Make PROOF.md of all that is kept; the complaints."""
    found = kept()
    complaints = complaints_of(found)
    parts = (_seventy, _faults, _calls, _crash, _lists, _hostile, _benches)
    lines = [
        "# Proof",
        "",
        "Written by `make prove` (`python -m tests.prove`); do not edit. Scale 1 = the acceptance volumes"
        " (`PROVE_SCALE`); each section says when and where it was measured (`PROVE_ONLY` makes one of them anew).",
        "",
        *[line for part in parts for line in part(found)],
        "## Complaints",
        "",
        *([f"- {one}" for one in complaints] or ["None."]),
    ]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return complaints


def _where(figures: Figures) -> str:
    stamp = figures["stamp"]
    asterisk = f", Asterisk {stamp['asterisk']}" if stamp["asterisk"] else ""
    return (
        f"Commit {stamp['commit']}, {stamp['at']}, {stamp['machine']}{asterisk}, load {stamp['load']},"
        f" scale {stamp['scale']:g}, seed {stamp['seed']}."
    )


# ---- faults


_KINDS = ("lost", "doubled", "ghosts", "differences")


def _rounds_well(rounds: Sequence[Figures]) -> int:
    return sum(not any(one[kind] for kind in _KINDS) and one["recovery"] >= 0 for one in rounds)


def _faults(found: dict[str, Figures]) -> list[str]:
    rows = []
    for name, fault in FAULTS.items():
        figures = found.get(f"fault-{name}")
        if figures is None:
            rows.append(f"| {fault.label} | - | | | | | | | | | not run |")
            continue
        rounds, stamp = figures["rounds"], figures["stamp"]
        counts = " | ".join(str(sum(len(one[kind]) for one in rounds)) for kind in _KINDS)
        times = [one["recovery"] for one in rounds if one["recovery"] >= 0]
        shown = f"{percentile(times, 0.5):.2f} / {max(times):.2f} (≤ {fault.goal:g})" if times else "-"
        rows.append(
            f"| {fault.label} | {_rounds_well(rounds)} of {len(rounds)} | {sum(one['calls'] for one in rounds)} |"
            f" {counts} |"
            f" {shown} | {sum(one.get('stood_still', 0.0) for one in rounds):.1f} |"
            f" {_outcomes([one['outcomes'] for one in rounds])} |"
            f" {stamp['commit']}, {stamp['at']}, seed {stamp['seed']}, load {stamp['load']} |"
        )
    return [
        "## Parts fail in calls",
        "",
        ABOUT_FAULTS,
        "",
        "| fault | rounds well | calls | lost | doubled | ghosts | differences | recovery | still | outcomes |"
        " measured |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def _fault_complaints(found: dict[str, Figures]) -> list[str]:
    complaints = []
    for name, fault in FAULTS.items():
        rounds = found.get(f"fault-{name}", {}).get("rounds", [])
        for one in rounds:
            complaints += [f"{fault.label}, round {one['n']}: {text}" for kind in _KINDS for text in one[kind]]
            if one["recovery"] < 0:
                complaints.append(f"{fault.label}, round {one['n']}: the picture was not right again in a minute")
        late = [one["recovery"] for one in rounds if one["recovery"] > fault.goal]
        if late:
            complaints.append(
                f"{fault.label}: {len(late)} of {len(rounds)} recoveries took longer than {fault.goal:g} s"
            )
    return complaints


def _outcomes(counts: Sequence[dict[str, int]]) -> str:
    names = sorted({name for one in counts for name in one})
    return ", ".join(f"{name} {sum(one.get(name, 0) for one in counts)}" for name in names)


# ---- the other sections


def _seventy(found: dict[str, Figures]) -> list[str]:
    figures = found.get("seventy")
    if figures is None:
        return ["## In a row and at once", "", "Not run.", ""]
    return [
        "## In a row and at once",
        "",
        f"{figures['placed']} calls (of 50 in a row and 20 at once) through menu and queue to 5 agents:"
        f" {figures['journeys']} journeys, {figures['legs']} conversations, {figures['rings']} rings;"
        f" {_outcomes([figures['outcomes']])}. Lost {len(figures['lost'])}, doubled {len(figures['doubled'])},"
        f" ghosts {len(figures['ghosts'])}, times off by more than 1 s or rings unlike {len(figures['differences'])}."
        + "".join(f" Worst difference of {what}: {seconds:.2f} s." for what, seconds in figures["worst"].items()),
        "",
        _where(figures),
        "",
    ]


def _calls(found: dict[str, Figures]) -> list[str]:
    figures = found.get("calls")
    if figures is None:
        return []
    return [
        "## Many calls",
        "",
        f"{figures['placed']} calls, some impatient: {figures['calls']} accepted,"
        f" {figures['answered_by_phones']} answered by a telephone; ledger: {_outcomes([figures['outcomes']])}."
        f" Complaints: {len(figures['complaints'])};"
        f" worst difference of talk time {figures['worst_talk_difference']:.2f} s (goal 0.5).",
        "",
        _where(figures),
        "",
    ]


def _crash(found: dict[str, Figures]) -> list[str]:
    figures = found.get("crash")
    if figures is None:
        return ["## Crash points", "", "Not run.", ""]
    shown = ", ".join(
        f"{name} {round(value) if isinstance(value, float) else value}"
        for name, value in figures.items()
        if isinstance(value, int | float | str) and name != "stamp"
    )
    shown += f", different {len(figures.get('different', []))}"
    return ["## Crash points", "", f"{shown} (goal: {CRASH_GOAL} points, none different).", "", _where(figures), ""]


def _lists(found: dict[str, Figures]) -> list[str]:
    figures = found.get("lists")
    if figures is None:
        return []
    names = [name for name in figures["lists"][0]] if figures["lists"] else []
    rows = ["| " + " | ".join(_cell(one[name]) for name in names) + " |" for one in figures["lists"]]
    return [
        "## Long lists over HTTP",
        "",
        f"Goal: p99 {LIST_GOAL_MS:g} ms.",
        "",
        "| " + " | ".join(names) + " |",
        "|" + "---|" * len(names),
        *rows,
        "",
        _where(figures),
        "",
    ]


def _cell(value: Any) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _benches(found: dict[str, Figures]) -> list[str]:
    rows = []
    known = {"name", "unit", "ours", "floor", "floor_is", "ratio", "goal", "met"}
    for name, figures in found.items():
        for one in figures["findings"] if name.startswith("bench-") else ():
            met = {True: "met", False: "MISSED"}.get(one["met"], "-")
            more = ", ".join(f"{key} {value}" for key, value in one.items() if key not in known)
            rows.append(
                f"| {one['name']} | {one['ours']} {one['unit']} | {one['floor']} ({one['floor_is']}) |"
                f" {'-' if one['ratio'] is None else one['ratio']} |"
                f" {one['goal'] or '-'} | {met} | {more} | {figures['stamp']['commit']}, {figures['stamp']['at']},"
                f" load {figures['stamp']['load']} |"
            )
    if not rows:
        return ["## Benchmarks", "", "Not run.", ""]
    return [
        "## Benchmarks",
        "",
        "Our figure, the floor measured in the same run, and the ratio.",
        "",
        "| what | ours | floor | ratio | goal | | more | measured |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def _hostile(found: dict[str, Figures]) -> list[str]:
    figures = found.get("hostile")
    if figures is None:
        return []
    groups: dict[str, int] = {}
    for kind, count in figures["cases"].items():
        name = kind.partition(":")[0] if ":" in kind else " ".join(kind.split()[:2])
        groups[name] = groups.get(name, 0) + count
    return [
        "## Hostile input",
        "",
        f"{sum(groups.values())} cases, {len(figures['complaints'])} complaints (5xx, hangs, things executed).",
        "",
        "| what | cases |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in sorted(groups.items())),
        "",
    ]


def _list_complaints(found: dict[str, Figures]) -> list[str]:
    lists = found.get("lists", {}).get("lists", [])
    return [f"list of {one['name']}: p99 {one['p99_ms']:.0f} ms" for one in lists if one["p99_ms"] > LIST_GOAL_MS]


def _crash_complaints(found: dict[str, Figures]) -> list[str]:
    figures = found.get("crash", {})
    different = figures.get("differing", figures.get("different", []))
    return [f"crash points: {one}" for one in different] if isinstance(different, list) else []


def _said(found: dict[str, Figures]) -> list[str]:
    return [f"{name}: {one}" for name, figures in found.items() for one in figures.get("complaints", [])]


def _missed(found: dict[str, Figures]) -> list[str]:
    findings = [one for figures in found.values() for one in figures.get("findings", [])]
    return [
        f"benchmark {one['name']}: {one['ours']} {one['unit']}, goal {one['goal']}"
        for one in findings
        if one["met"] is False
    ]


_COMPLAINTS: tuple[Callable[[dict[str, Figures]], list[str]], ...] = (
    _said,
    _fault_complaints,
    _list_complaints,
    _crash_complaints,
    _missed,
)


def complaints_of(found: dict[str, Figures]) -> list[str]:
    return [one for source in _COMPLAINTS for one in source(found)]
