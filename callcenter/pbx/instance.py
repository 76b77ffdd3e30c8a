"""Start, stop and look at one PBX instance. Blocking; several instances live side by side."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from callcenter.foundation.state_dir import make_private_dir
from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.console import run_console
from callcenter.pbx.description import Instance, describe, read_description, write_description
from callcenter.pbx.errors import NotRunning, PbxError, StartFailed
from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.plan import PbxPlan
from callcenter.pbx.ports import release, require_free
from callcenter.pbx.process import running_pid, send_signal, spawn, wait_for_end, wait_until
from callcenter.pbx.render import DEFAULT_CONF_DIR, render

_BOOT_SECONDS = 30.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class PbxStatus:
    """`uptime_seconds` and `pid` are None when it does not run; `instance` is None before the first start."""

    running: bool
    pid: int | None
    uptime_seconds: int | None
    instance: Instance | None


def instance_dir(*, state_dir: Path, name: str) -> Path:
    return state_dir.resolve() / "pbx" / name


def start(*, plan: PbxPlan, build: AsteriskBuild, state_dir: Path, conf_dir: Path = DEFAULT_CONF_DIR) -> Instance:
    """Write the configuration and start; returns when the PBX is fully booted (about half a second).

    Raises StartFailed (with the log's last lines), PortTaken, PlanRefused, PbxError when it runs already.
    """
    home = instance_dir(state_dir=state_dir, name=plan.name)
    layout = InstanceLayout(home)
    if running_pid(layout) is not None:
        raise PbxError(f"the PBX {plan.name} runs already")
    require_free(plan.ports)
    make_private_dir(state_dir)
    render(plan=plan, build=build, instance_dir=home, conf_dir=conf_dir)
    instance = describe(plan=plan, build=build, layout=layout)
    write_description(instance)
    spawn(build.program, layout)
    booted = wait_until(lambda: _booted_or_dead(instance), seconds=_BOOT_SECONDS)
    release(plan.ports)
    if booted and running_pid(layout) is not None:
        return instance
    stop(home)
    reason = "ended while it started" if booted else f"was not booted in {_BOOT_SECONDS:.0f} s"
    raise StartFailed(f"the PBX {plan.name} {reason}: {_last_words(layout)}")


def stop(home: Path) -> bool:
    """End the instance; returns once the process is gone. False when it did not run."""
    layout = InstanceLayout(home.resolve())
    pid = running_pid(layout)
    if pid is None:
        layout.pid_file.unlink(missing_ok=True)
        return False
    # SIGTERM is Asterisk's own orderly end: channels are hung up, the database is closed.
    for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
        send_signal(pid, layout, number)
        if wait_until(lambda: running_pid(layout) is None, seconds=seconds):
            wait_for_end(pid)
            layout.pid_file.unlink(missing_ok=True)
            return True
    raise PbxError(f"the process {pid} of the PBX does not end")


def status(home: Path) -> PbxStatus:
    """Never raises for a PBX that is down or was never started."""
    layout = InstanceLayout(home.resolve())
    instance = read_description(home) if layout.description.is_file() else None
    pid = running_pid(layout)
    if instance is None or pid is None:
        return PbxStatus(running=False, pid=None, uptime_seconds=None, instance=instance)
    return PbxStatus(running=True, pid=pid, uptime_seconds=_uptime(instance), instance=instance)


def _uptime(instance: Instance) -> int | None:
    try:
        text = run_console(instance, "core show uptime seconds", timeout=5.0)
    except PbxError:
        return None  # it is just starting or ending
    found = re.search(r"System uptime: (\d+)", text)
    return int(found.group(1)) if found else None


def _booted_or_dead(instance: Instance) -> bool:
    layout = instance.layout
    if running_pid(layout) is None:
        return True
    if not (layout.run / "asterisk.ctl").exists():
        return False
    try:
        return "fully booted" in run_console(instance, "core waitfullybooted", timeout=_BOOT_SECONDS)
    except NotRunning:
        return False  # the socket of an earlier life


def _last_words(layout: InstanceLayout) -> str:
    for name in ("messages.log", "console.log"):
        path = layout.log / name
        if path.is_file() and (text := path.read_text("utf-8", "replace").strip()):
            return " / ".join(text.splitlines()[-3:])
    return "it said nothing"
