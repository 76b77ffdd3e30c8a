"""Start, stop, side by side, configuration checked by loading it."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.check import check
from callcenter.pbx.console import reload
from callcenter.pbx.errors import PbxError, PortTaken
from callcenter.pbx.instance import instance_dir, start, status, stop
from callcenter.pbx.plan import QueueRow
from callcenter.pbx.ports import free_block
from callcenter.pbx.render import DEFAULT_CONF_DIR, render
from tests.real_asterisk.running_pbx import RunningPbx, plan_of, start_pbx


def test_the_shipped_configuration_loads_without_a_single_complaint(build: AsteriskBuild, tmp_path: Path) -> None:
    queues = (
        QueueRow(name="hotline-zh", duty_phone="13800138000"),
        QueueRow(name="hotline-ug", language="ug", duty_phone="1004"),
        QueueRow(name="elders"),
    )
    report = check(plan=plan_of("shipped", tmp_path, queues=queues), build=build)
    assert report.problems == ()
    assert report.modules_loaded > 90


FAULTS = {
    "a module that is not there": (
        "modules.conf.j2",
        lambda text: text + "load = res_not_there.so\n",
        "res_not_there.so",
    ),
    "a module whose dependency is not loaded": (
        "modules.conf.j2",
        lambda text: text.replace("load = func_groupcount.so\n", ""),
        "app_mixmonitor.so declined to load",
    ),
    "an include of a context that is not there": (
        "dialplan/from_carrier.conf",
        lambda text: text + "include => nowhere\n",
        "nowhere",
    ),
    "a jump into a context that is not there": (
        "dialplan/ivr.conf",
        lambda text: text.replace("Goto(queues,${LINE_QUEUE},1)", "Goto(quues,${LINE_QUEUE},1)"),
        "quues",
    ),
    "an application nobody provides": (
        "dialplan/ivr.conf",
        lambda text: text.replace("n,Answer()", "n,Anwser()"),
        "unknown application: Anwser",
    ),
    "a function nobody provides": (
        "dialplan/waiting.conf",
        lambda text: text.replace("${FILTER(A-Z", "${FLITER(A-Z"),
        "unknown function: FLITER",
    ),
    "a wrong option of an endpoint": (
        "pjsip.conf.j2",
        lambda text: text.replace("allow_transfer = yes", "allow_tranfser = yes"),
        "SIP account 1001 was not loaded",
    ),
    "a wrong option of the queues": (
        "queues.conf.j2",
        lambda text: text.replace("ringinuse = no", "ringinuuse = no"),
        "ringinuuse",
    ),
    "an unknown CEL event": ("cel.conf", lambda text: text.replace("events = ", "events = HOLD,"), "HOLD"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_configuration_is_reported(fault: str, build: AsteriskBuild, tmp_path: Path) -> None:
    name, spoil, expected = FAULTS[fault]
    conf_dir = tmp_path / "conf"
    shutil.copytree(DEFAULT_CONF_DIR, conf_dir, ignore=shutil.ignore_patterns("sounds"))
    sound = (conf_dir / name).read_text("utf-8")
    spoilt = spoil(sound)
    assert spoilt != sound
    (conf_dir / name).write_text(spoilt, "utf-8")
    report = check(plan=plan_of("faulty", tmp_path), build=build, conf_dir=conf_dir)
    assert any(expected in problem for problem in report.problems), report.problems


def test_two_instances_live_side_by_side_and_end_one_by_one(build: AsteriskBuild, tmp_path: Path) -> None:
    a = start_pbx(plan_of("side-a", tmp_path), build, tmp_path)
    b = start_pbx(plan_of("side-b", tmp_path), build, tmp_path)
    try:
        first, second = status(a.instance.home), status(b.instance.home)
        assert first.running
        assert second.running
        assert first.pid != second.pid
        assert a.instance.sip_port != b.instance.sip_port
        assert "System name:                 side-a" in a.cli("core show settings")
        assert stop(a.instance.home) is True
        assert status(a.instance.home).running is False
        assert status(b.instance.home).running is True
        assert stop(a.instance.home) is False
    finally:
        a.stop()
        b.stop()


def test_a_second_start_of_the_same_instance_is_refused(pbx: RunningPbx) -> None:
    with pytest.raises(PbxError, match="runs already"):
        start(plan=pbx.plan, build=pbx.build, state_dir=pbx.instance.home.parent.parent)


def test_a_taken_port_is_named(pbx: RunningPbx, tmp_path: Path) -> None:
    other = plan_of("other", tmp_path, ports=pbx.plan.ports)
    with pytest.raises(PortTaken, match=str(pbx.plan.ports.sip)):
        start(plan=other, build=pbx.build, state_dir=tmp_path)


def test_a_pid_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    home = instance_dir(state_dir=tmp_path, name="gone")
    home.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        (home / "pid").write_text(f"{bystander.pid}\n")
        assert stop(home) is False
        assert bystander.poll() is None
        bystander.send_signal(signal.SIGTERM)


def test_a_killed_pbx_is_seen_as_down_and_starts_again(build: AsteriskBuild, tmp_path: Path) -> None:
    plan = plan_of("killed", tmp_path)
    first = start_pbx(plan, build, tmp_path)
    pid = status(first.instance.home).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while status(first.instance.home).running:
        assert time.monotonic() < deadline
    # Another worker may have taken the freed ports meanwhile.
    second = start_pbx(dataclasses.replace(plan, ports=free_block()), build, tmp_path)
    assert status(second.instance.home).pid != pid
    second.stop()


def test_a_long_state_folder_still_gets_a_console(build: AsteriskBuild, tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    running = start_pbx(plan_of("deep", deep), build, deep)
    try:
        assert "hotline-zh" in running.cli("queue show")
    finally:
        running.stop()
        shutil.rmtree(running.instance.layout.run)


def test_a_new_queue_arrives_by_reload_without_a_restart(build: AsteriskBuild, tmp_path: Path) -> None:
    plan = plan_of("reloaded", tmp_path)
    running = start_pbx(plan, build, tmp_path)
    try:
        pid = status(running.instance.home).pid
        queues = (*plan.queues, QueueRow(name="elders", duty_phone="1004"))
        changed = plan_of("reloaded", tmp_path, ports=plan.ports, queues=queues)
        render(plan=changed, build=build, instance_dir=running.instance.home)
        reload(running.instance.home)
        assert "elders has 0 calls" in running.cli("queue show elders")
        assert "elders" in running.cli("dialplan show elders@queues")
        assert "Dial(PJSIP/1004,25,g)" in running.cli("dialplan show elders@duty-phone")
        assert status(running.instance.home).pid == pid
    finally:
        running.stop()


def test_what_holds_secrets_is_readable_by_its_owner_only(pbx: RunningPbx) -> None:
    home = pbx.instance.home
    for path in (home / "instance.json", home / "secrets.json", *(home / "etc").rglob("*.conf")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert home.stat().st_mode & 0o077 == 0


def test_agents_who_were_signed_in_are_still_reached_after_a_restart(build: AsteriskBuild, tmp_path: Path) -> None:
    plan = plan_of("restarted", tmp_path)
    first = start_pbx(plan, build, tmp_path)
    first.cli("queue add member PJSIP/1001 to hotline-zh penalty 2 as 1001")
    first.stop()
    second = start_pbx(dataclasses.replace(plan, ports=free_block()), build, tmp_path)
    try:
        assert "1001 (PJSIP/1001) with penalty 2" in second.cli("queue show hotline-zh")
    finally:
        second.stop()
