"""One command at the running PBX's console, through its unix socket."""

import subprocess
from pathlib import Path

from callcenter.pbx.description import Instance, read_description
from callcenter.pbx.errors import NotRunning, PbxError
from callcenter.pbx.process import running_pid

# What depends on rows: accounts, queues, dialplan. The dialplan last, so that it never names what is not there yet.
_RELOADS = ("module reload res_pjsip.so", "module reload app_queue.so", "dialplan reload")


def cli(instance_dir: Path, command: str, *, timeout: float = 10.0) -> str:
    """What the console prints for one command. Raises NotRunning; for our own fixed texts only."""
    instance = read_description(instance_dir)
    if running_pid(instance.layout) is None:
        raise NotRunning(f"the PBX {instance.name} does not run")
    return run_console(instance, command, timeout=timeout)


def reload(instance_dir: Path) -> None:
    """Make a running PBX read its rendered accounts, queues and dialplan again; calls go on."""
    for command in _RELOADS:
        cli(instance_dir, command)


def run_console(instance: Instance, command: str, *, timeout: float) -> str:
    if any(sign < " " or sign == "\x7f" for sign in command):
        raise PbxError("a console command is one line")
    try:
        done = subprocess.run(
            [*instance.program, "-C", str(instance.layout.config), "-rx", command],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PbxError(f"the PBX {instance.name} did not answer its console in {timeout:.0f} s") from error
    if done.returncode != 0:
        raise NotRunning(f"the PBX {instance.name} does not answer its console")
    return done.stdout
