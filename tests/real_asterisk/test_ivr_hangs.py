"""The voice menu hangs (SIGSTOP) with a real Asterisk: nobody stays in silence."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from callcenter.phones import CallState, Softphone
from callcenter.telephony.menu_watch import MISSES, SKIPPED_UNTIL, MenuWatch
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.ivr_program import running_ivr
from tests.real_asterisk.queue_scenes import agent, household, joined, nobody_left
from tests.real_asterisk.running_pbx import RunningPbx

INSIDE, LATER, AFTERWARDS = "13800000121", "13800000122", "13800000123"


@pytest.fixture
async def tracer(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(quiet_pbx.instance.ami_port, "tracer", quiet_pbx.tracer_secret) as wire:
        yield wire
        await nobody_left(wire, "hotline-zh")


@pytest.fixture
async def on_duty(quiet_pbx: RunningPbx, tracer: AmiWire) -> AsyncIterator[Softphone]:
    async with agent(quiet_pbx, "1002", tracer, queues=["hotline-zh"]) as phone:
        yield phone


@pytest.fixture
async def watch(quiet_pbx: RunningPbx) -> AsyncIterator[MenuWatch]:
    async with quiet_pbx.service_link() as client:
        yield MenuWatch(lambda: ("127.0.0.1", quiet_pbx.instance.agi_port), lambda: client, answer_seconds=0.3)
        await client.send("Setvar", {"Variable": SKIPPED_UNTIL, "Value": "0"})


async def test_callers_in_a_menu_that_hangs_come_into_the_queue_and_new_ones_skip_it(
    quiet_pbx: RunningPbx, tracer: AmiWire, on_duty: Softphone, watch: MenuWatch
) -> None:
    async with running_ivr(quiet_pbx.instance.agi_port) as program, household(quiet_pbx, INSIDE) as inside:
        await inside.wait_for(CallState.UP)
        await tracer.event("AGIExecStart", CallerIDNum=INSIDE, Command="WAIT FOR DIGIT 5000")
        await watch.look()
        program.send_signal(signal.SIGSTOP)
        try:
            for _ in range(MISSES):
                await watch.look()
            assert watch.status.skipped
            assert (await joined(tracer, INSIDE))["Queue"] == "hotline-zh"
            async with household(quiet_pbx, LATER):
                await joined(tracer, LATER)
                assert tracer.all("AGIExecStart", CallerIDNum=LATER) == []
                played = [e["AppData"] for e in tracer.all("Newexten", CallerIDNum=LATER, Application="Playback")]
                assert played == ["hotline/recording-notice", "hotline/greeting"]
        finally:
            program.send_signal(signal.SIGCONT)
        await _answers(watch)
        assert not watch.status.skipped
        async with household(quiet_pbx, AFTERWARDS):
            await tracer.event("AGIExecStart", CallerIDNum=AFTERWARDS, Command="WAIT FOR DIGIT 5000")
    # Who had heard the notice in the menu is not told again.
    assert tracer.all("Newexten", CallerIDNum=INSIDE, Application="Playback") == []
    assert [e["Application"] for e in tracer.all("Newexten", CallerIDNum=INSIDE)].count("AGI") == 1


async def _answers(watch: MenuWatch) -> None:
    async with asyncio.timeout(15):
        while watch.status.skipped:
            await watch.look()
