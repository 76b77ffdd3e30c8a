"""Nobody is signed in: the one telephone that is always somebody's."""

from collections.abc import AsyncIterator, Iterator

import pytest

from callcenter.pbx.build import AsteriskBuild
from callcenter.phones import CallState, Softphone
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.queue_scenes import household
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx, plan_of, start_pbx

DUTY_PHONE = "13800138000"
CALLER = "13800000001"


@pytest.fixture(scope="module")
def duty_pbx(build: AsteriskBuild, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPbx]:
    state_dir, silence = tmp_path_factory.mktemp("duty"), tmp_path_factory.mktemp("silence")
    running = start_pbx(plan_of("duty", state_dir, duty_phone=DUTY_PHONE, sounds_dir=silence), build, state_dir)
    yield running
    running.stop()


@pytest.fixture
async def carrier(duty_pbx: RunningPbx) -> AsyncIterator[Softphone]:
    port = duty_pbx.instance.carrier_port
    async with Softphone("carrier", duty_pbx.sip, host="127.0.0.2", port=port) as phone:
        yield phone


@pytest.fixture
async def tracer(duty_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(duty_pbx.instance.ami_port, "tracer", duty_pbx.tracer_secret) as wire:
        yield wire


async def test_the_duty_phone_takes_the_caller(duty_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone) -> None:
    async with household(duty_pbx, CALLER) as call:
        ringing = await carrier.next_call()
        assert ringing.called == DUTY_PHONE
        await tracer.event("UserEvent", UserEvent="QueueRefused", Status="JOINEMPTY", CallerIDNum=CALLER)
        await ringing.answer()
        entered = await tracer.event("BridgeEnter", CallerIDNum=CALLER)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED)
        await tracer.event("Hangup", Uniqueid=entered["Uniqueid"])
    played = [event["AppData"] for event in tracer.all("Newexten", Application="Playback")]
    assert played[-1] == "hotline/please-wait"


async def test_when_it_is_busy_the_caller_gets_the_promise(
    duty_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    async with household(duty_pbx, CALLER) as call:
        ringing = await carrier.next_call()
        ringing.reject()
        await call.wait_for(CallState.ENDED)
        await tracer.event("Newexten", Application="Playback", AppData="hotline/call-back-promise")


async def test_the_duty_phone_sees_which_household_calls(
    duty_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    """It is our own person, who must be able to call back."""
    async with household(duty_pbx, CALLER, dials=HOTLINE):
        ringing = await carrier.next_call()
        assert ringing.caller.user == CALLER
        ringing.reject()
        await tracer.event("Newexten", Application="Playback", AppData="hotline/call-back-promise")
