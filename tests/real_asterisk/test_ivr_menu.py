"""The main menu between a household's telephone and the queue, with a real Asterisk and the real program."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from callcenter.phones import CallState, Softphone
from ivr.menu import KEYS
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.ivr_program import running_ivr
from tests.real_asterisk.queue_scenes import agent, household, joined, nobody_left
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx

# Real Asterisk and processes: more than a unit test takes, on a machine that others use as well.
SECONDS = 30


@pytest.fixture
async def tracer(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(quiet_pbx.instance.ami_port, "tracer", quiet_pbx.tracer_secret) as wire:
        yield wire
        await nobody_left(wire, "hotline-zh")


@pytest.fixture
async def service_view(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    """What the service's own AMI user sees, through its filters."""
    instance = quiet_pbx.instance
    async with ami(instance.ami_port, instance.ami_user, instance.ami_secret) as wire:
        yield wire


@pytest.fixture
async def on_duty(quiet_pbx: RunningPbx, tracer: AmiWire) -> AsyncIterator[Softphone]:
    """An agent whose phone may ring; without one nobody is queued."""
    async with agent(quiet_pbx, "1002", tracer, queues=["hotline-zh"]) as phone:
        yield phone


async def test_a_key_is_told_to_the_service_and_the_caller_is_queued(
    quiet_pbx: RunningPbx, tracer: AmiWire, service_view: AmiWire, on_duty: Softphone
) -> None:
    number = "13800000101"
    async with running_ivr(quiet_pbx.instance.agi_port), household(quiet_pbx, number) as call:
        await call.wait_for(CallState.UP)
        await tracer.event("AGIExecStart", CallerIDNum=number, Command="WAIT FOR DIGIT 5000")
        await call.press("1")
        step = await service_view.event("UserEvent", UserEvent="IvrStep", CallerIDNum=number)
        assert (step["Node"], step["Key"]) == ("main_menu", "1")
        assert step["Linkedid"] == step["Uniqueid"]
        menu_key = await tracer.event("VarSet", Variable="MENU_KEY", CallerIDNum=number)
        assert menu_key["Value"] == "1"
        assert (await joined(tracer, number))["Queue"] == "hotline-zh"
        await on_duty.next_call()
    record = await cel_record(quiet_pbx, step["Uniqueid"])
    assert "main_menu:1" in record


async def test_no_key_twice_is_told_as_timeouts_and_the_caller_is_queued(
    quiet_pbx: RunningPbx, tracer: AmiWire, service_view: AmiWire, on_duty: Softphone
) -> None:
    number = "13800000102"
    async with running_ivr(quiet_pbx.instance.agi_port), household(quiet_pbx, number) as call:
        await call.wait_for(CallState.UP)
        await tracer.event("QueueCallerJoin", CallerIDNum=number, Queue="hotline-zh", seconds=SECONDS)
        steps = service_view.all("UserEvent", UserEvent="IvrStep", CallerIDNum=number)
        assert [step["Key"] for step in steps] == ["timeout", "timeout"]


async def test_a_wrong_key_is_told_and_the_next_one_counts(
    quiet_pbx: RunningPbx, tracer: AmiWire, service_view: AmiWire, on_duty: Softphone
) -> None:
    number = "13800000103"
    async with running_ivr(quiet_pbx.instance.agi_port), household(quiet_pbx, number) as call:
        await call.wait_for(CallState.UP)
        await tracer.event("AGIExecStart", CallerIDNum=number, Command="WAIT FOR DIGIT 5000")
        await call.press("9")
        await service_view.event("UserEvent", UserEvent="IvrStep", CallerIDNum=number, Key="invalid:9")
        await call.press("3")
        await service_view.event("UserEvent", UserEvent="IvrStep", CallerIDNum=number, Key="3")
        await joined(tracer, number)


async def test_without_the_program_the_caller_is_queued_at_once(
    quiet_pbx: RunningPbx, tracer: AmiWire, on_duty: Softphone
) -> None:
    number = "13800000104"
    async with household(quiet_pbx, number):
        assert (await joined(tracer, number))["Queue"] == "hotline-zh"
        assert tracer.all("UserEvent", UserEvent="IvrStep", CallerIDNum=number) == []


async def test_a_program_that_dies_in_the_menu_loses_nobody(
    quiet_pbx: RunningPbx, tracer: AmiWire, on_duty: Softphone
) -> None:
    number = "13800000105"
    async with running_ivr(quiet_pbx.instance.agi_port) as program, household(quiet_pbx, number) as call:
        await call.wait_for(CallState.UP)
        await tracer.event("AGIExecStart", CallerIDNum=number, Command="WAIT FOR DIGIT 5000")
        program.kill()
        assert (await joined(tracer, number))["Queue"] == "hotline-zh"


async def test_a_caller_who_hangs_up_in_the_menu_is_never_queued(
    quiet_pbx: RunningPbx, tracer: AmiWire, on_duty: Softphone
) -> None:
    number = "13800000106"
    async with running_ivr(quiet_pbx.instance.agi_port), household(quiet_pbx, number) as call:
        await call.wait_for(CallState.UP)
        await tracer.event("AGIExecStart", CallerIDNum=number, Command="WAIT FOR DIGIT 5000")
        await call.hang_up()
        await tracer.event("Hangup", CallerIDNum=number)
        assert tracer.all("QueueCallerJoin", CallerIDNum=number) == []


async def test_a_hostile_name_is_only_a_name(
    quiet_pbx: RunningPbx, tracer: AmiWire, service_view: AmiWire, on_duty: Softphone
) -> None:
    number = "13800000107"
    name = '王"小明" ${SHELL(id)}, Key: 3\\'
    async with (
        running_ivr(quiet_pbx.instance.agi_port),
        Softphone(number, quiet_pbx.sip, host="127.0.0.2", name=name) as phone,
    ):
        call = phone.dial(HOTLINE)
        await call.wait_for(CallState.UP)
        await tracer.event("AGIExecStart", CallerIDNum=number, Command="WAIT FOR DIGIT 5000")
        await call.press("2")
        step = await service_view.event("UserEvent", UserEvent="IvrStep", CallerIDNum=number)
        assert step["Key"] == "2"
        await joined(tracer, number)


async def test_the_caller_really_hears_the_prompts(pbx: RunningPbx) -> None:
    number = "13800000108"
    async with (
        ami(pbx.instance.ami_port, "tracer", pbx.tracer_secret) as tracer,
        running_ivr(pbx.instance.agi_port),
        household(pbx, number) as call,
    ):
        await call.wait_for(CallState.UP)
        await tracer.event("AGIExecEnd", CallerIDNum=number, Command=playing("greeting", KEYS), seconds=SECONDS)
        await call.press("0")
        await tracer.event("UserEvent", UserEvent="IvrStep", Key="0", CallerIDNum=number)
        # Notice and greeting last 8.9 s, with pauses for breath.
        assert 6.0 < call.media.recording.loud_seconds() < 10.0
        assert call.media.packets_lost == 0


async def test_a_key_pressed_into_the_notice_counts_and_the_notice_is_heard_out(pbx: RunningPbx) -> None:
    number = "13800000109"
    async with (
        ami(pbx.instance.ami_port, "tracer", pbx.tracer_secret) as tracer,
        running_ivr(pbx.instance.agi_port),
        household(pbx, number) as call,
    ):
        await call.wait_for(CallState.UP)
        await tracer.event("AGIExecStart", CallerIDNum=number, Command=playing("recording-notice", KEYS))
        await call.media.changes.until(lambda: call.media.packets_in > 50, "the notice is heard", 10)
        await call.press("1")
        await tracer.event("UserEvent", UserEvent="IvrStep", Key="1", CallerIDNum=number)
        played = [event["Command"] for event in tracer.all("AGIExecEnd", CallerIDNum=number)]
    speech = [command.split('"') for command in played if command.startswith("STREAM FILE")]
    assert [(name.split()[2], keys) for name, keys, _ in speech] == [
        ("hotline/recording-notice", KEYS),
        ("hotline/recording-notice", ""),
    ]
    assert int(speech[1][2]) > 4000, "played on from where the key stopped it"


def playing(prompt: str, keys: str) -> str:
    return f'STREAM FILE hotline/{prompt} "{keys}" 0'


async def cel_record(pbx: RunningPbx, uniqueid: str) -> str:
    """The line about the IVR step in the record that outlives us; polled, as Asterisk writes it later."""
    path = pbx.instance.log_dir / "cel-custom" / "Master.csv"
    async with asyncio.timeout(10):
        while True:
            for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
                if uniqueid in line and line.startswith('"IvrStep"'):
                    return line
            await asyncio.sleep(0.05)
