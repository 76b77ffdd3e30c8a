"""Load a rendered configuration for real, in a throwaway instance on free ports, and report what Asterisk says."""

import dataclasses
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.console import run_console
from callcenter.pbx.description import Instance
from callcenter.pbx.dialplan import Dialplan, read_dialplan
from callcenter.pbx.errors import StartFailed
from callcenter.pbx.instance import start, stop
from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.plan import PbxPlan
from callcenter.pbx.ports import free_block
from callcenter.pbx.render import DEFAULT_CONF_DIR

_LOG_LINE = re.compile(r"(?:^\[[^]]*\] )?(WARNING|ERROR)\[\d+\][^ ]* (.*)$")


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """`problems` is empty when all is well; one line each, for people."""

    problems: tuple[str, ...]
    version: str
    modules_loaded: int
    seconds: float

    @property
    def ok(self) -> bool:
        return not self.problems


def check(*, plan: PbxPlan, build: AsteriskBuild, conf_dir: Path = DEFAULT_CONF_DIR) -> CheckReport:
    """About two seconds. Raises PlanRefused, AsteriskNotAvailable; a failed start is a problem of the report."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="callcenter-check-") as folder:
        throwaway = dataclasses.replace(plan, ports=free_block())
        problems, modules = _load(throwaway, build, conf_dir, Path(folder))
    return CheckReport(
        problems=tuple(problems),
        version=build.version,
        modules_loaded=modules,
        seconds=time.monotonic() - began,
    )


def _load(plan: PbxPlan, build: AsteriskBuild, conf_dir: Path, folder: Path) -> tuple[list[str], int]:
    layout = InstanceLayout(folder.resolve() / "pbx" / plan.name)
    try:
        instance = start(plan=plan, build=build, state_dir=folder, conf_dir=conf_dir)
    except StartFailed as error:
        return [str(error), *logged_problems(layout)], 0
    try:
        dialplan = _dialplan_of(layout)
        problems = [*_not_running_modules(instance), *_unknown_names(instance, dialplan), *_lost(instance, plan)]
        problems += [
            f"the dialplan leads to a context that is not there: {name}" for name in _missing(layout, dialplan)
        ]
        return [*problems, *logged_problems(layout)], _modules_running(instance)
    finally:
        stop(layout.home)
        if layout.run.parent != layout.home:
            for left in layout.run.iterdir():
                left.unlink()
            layout.run.rmdir()


def logged_problems(layout: InstanceLayout) -> list[str]:
    """Every WARNING and ERROR: a fresh instance without calls has no other reason for one than its configuration."""
    found = []
    for name in ("messages.log", "console.log"):
        path = layout.log / name
        lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
        found += [f"{match[1]} {match[2]}" for line in lines if (match := _LOG_LINE.search(line))]
    return list(dict.fromkeys(found))


def _dialplan_of(layout: InstanceLayout) -> Dialplan:
    return read_dialplan(path.read_text("utf-8") for path in sorted((layout.etc / "dialplan").glob("*.conf")))


def _missing(layout: InstanceLayout, dialplan: Dialplan) -> list[str]:
    used = set(re.findall(r"^context\s*=\s*(\S+)", (layout.etc / "pjsip.conf").read_text("utf-8"), re.M))
    used |= set(
        re.findall(r"^set_var\s*=\s*TRANSFER_CONTEXT=(\S+)", (layout.etc / "pjsip.conf").read_text("utf-8"), re.M)
    )
    return sorted(dialplan.missing_contexts() | (used - set(dialplan.includes)))


def _modules_running(instance: Instance) -> int:
    found = re.search(r"^(\d+) modules loaded", run_console(instance, "module show", timeout=10), re.M)
    return int(found.group(1)) if found else 0


def _not_running_modules(instance: Instance) -> list[str]:
    wanted = re.findall(r"^load\s*=\s*(\S+)", (instance.layout.etc / "modules.conf").read_text("utf-8"), re.M)
    shown = run_console(instance, "module show", timeout=10)
    running = set(re.findall(r"^(\S+\.so)\s.*\s\d+\s+Running\s", shown, re.M))
    return [f"module {name} declined to load" for name in wanted if name not in running]


def _unknown_names(instance: Instance, dialplan: Dialplan) -> list[str]:
    """Asterisk itself notices an unknown application or function only when a call gets there."""
    shown = run_console(instance, "core show applications", timeout=10)
    applications = {name.lower() for name in re.findall(r"^\s*([A-Za-z]+):", shown, re.M)}
    used = {step.application for step in dialplan.steps}
    problems = [
        f"the dialplan uses an unknown application: {n}" for n in sorted(used) if n.lower() not in applications
    ]
    functions = set(re.findall(r"^([A-Z_]+) ", run_console(instance, "core show functions", timeout=10), re.M))
    return problems + [
        f"the dialplan uses an unknown function: {n}" for n in sorted(dialplan.functions() - functions)
    ]


def _lost(instance: Instance, plan: PbxPlan) -> list[str]:
    """Rows that Asterisk dropped: an endpoint with one bad option disappears as a whole."""
    endpoints = run_console(instance, "pjsip show endpoints", timeout=10)
    queues = run_console(instance, "queue show", timeout=10)
    wanted = ["trunk", *(each.number for each in plan.agents), *(each.number for each in plan.households)]
    problems = [f"SIP account {n} was not loaded" for n in wanted if not re.search(rf"Endpoint:\s+{n}\b", endpoints)]
    return problems + [
        f"queue {q.name} was not loaded" for q in plan.queues if not re.search(rf"^{q.name} has", queues, re.M)
    ]
