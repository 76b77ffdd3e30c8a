"""Our telephones against a real PBX: what they say must be what Asterisk understands."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from callcenter.phones import (
    CallGone,
    CallState,
    IncomingCall,
    OutgoingCall,
    PhoneError,
    PhonePlan,
    Side,
    Softphone,
    run_phone,
    sound,
)
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.running_pbx import RunningPbx

Desk = tuple[Softphone, Softphone]


@pytest.fixture
async def tracer(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(quiet_pbx.instance.ami_port, "tracer", quiet_pbx.tracer_secret) as wire:
        yield wire


@pytest.fixture
async def desks(quiet_pbx: RunningPbx) -> AsyncIterator[Desk]:
    """Two registered desk phones, 1003 and 1004."""
    async with desk_phone(quiet_pbx, "1003") as one, desk_phone(quiet_pbx, "1004") as other:
        await one.register()
        await other.register()
        yield one, other


def desk_phone(pbx: RunningPbx, number: str) -> Softphone:
    return Softphone(number, pbx.sip, password=pbx.agent_secret(number), name=f"agent {number}")


async def connect(desks: Desk) -> tuple[OutgoingCall, IncomingCall]:
    out = desks[0].dial("1004")
    call = await desks[1].next_call()
    call.ring()
    await out.wait_for(CallState.EARLY)
    await call.answer()
    await out.wait_for(CallState.UP)
    return out, call


async def test_a_wrong_password_is_refused(quiet_pbx: RunningPbx) -> None:
    async with Softphone("1003", quiet_pbx.sip, password="wrong") as phone:
        with pytest.raises(PhoneError, match="401"):
            await phone.register()


async def test_a_phone_that_unregisters_cannot_be_reached(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with desk_phone(quiet_pbx, "1003") as phone:
        await phone.register(expires=60)
        await tracer.event("ContactStatus", EndpointName="1003", ContactStatus="NonQualified")
        await phone.unregister()
        await tracer.event("ContactStatus", EndpointName="1003", ContactStatus="Removed")


async def test_both_sides_hear_sound_and_keys(desks: Desk) -> None:
    out, call = await connect(desks)
    out.media.say(sound.tone())
    call.media.say(sound.tone(700))
    await out.press("12#")
    await call.media.changes.until(lambda: call.media.digits_in == "12#", "keys heard", 10)
    for side in (out, call):
        await side.media.changes.until(lambda s=side: s.media.packets_in > 50, "sound heard", 10)  # type: ignore[misc]
        assert side.media.recording.loud_seconds() > 0.3
    await call.hang_up()
    await out.wait_for(CallState.ENDED)
    assert out.ended_by is Side.THEM


async def test_hold_and_resume_are_seen_by_the_pbx(desks: Desk, tracer: AmiWire) -> None:
    _, call = await connect(desks)
    await call.hold()
    await tracer.event("Hold", CallerIDNum="1004")
    await call.resume()
    await tracer.event("Unhold", CallerIDNum="1004")


async def test_the_service_presses_the_buttons_of_a_desk_phone(
    quiet_pbx: RunningPbx, desks: Desk, tracer: AmiWire
) -> None:
    out = desks[0].dial("1004")
    call = await desks[1].next_call()
    call.ring()
    ringing = await tracer.event("Newstate", ChannelStateDesc="Ringing", CallerIDNum="1004")
    instance = quiet_pbx.instance
    async with ami(instance.ami_port, instance.ami_system_user, instance.ami_system_secret) as buttons:

        async def press(event: str) -> None:
            answer = await buttons.send("PJSIPNotify", Channel=ringing["Channel"], Variable=f"Event={event}")
            assert answer["Response"] == "Success", answer

        await press("talk")
        await out.wait_for(CallState.UP)
        await press("hold")
        await call.changes.until(lambda: call.held, "held", 10)
        await press("talk")
        await call.changes.until(lambda: not call.held, "resumed", 10)


async def test_a_caller_who_gives_up_and_a_phone_that_is_busy(desks: Desk) -> None:
    out = desks[0].dial("1004")
    call = await desks[1].next_call()
    call.ring()
    await out.wait_for(CallState.EARLY)
    await out.hang_up()
    await call.wait_for(CallState.ENDED)
    assert (out.code, call.ended_by) == (487, Side.THEM)
    out = desks[0].dial("1004")
    (await desks[1].next_call()).reject()
    with pytest.raises(CallGone):
        await out.wait_for(CallState.UP)
    assert out.code == 486


async def test_a_blind_transfer_leads_to_the_third_phone(quiet_pbx: RunningPbx, desks: Desk) -> None:
    out, call = await connect(desks)
    async with desk_phone(quiet_pbx, "1001") as third:
        await third.register()
        assert await call.transfer("1001") == 202
        taken = await third.next_call()
        await taken.answer()
        await taken.media.changes.until(lambda: taken.media.packets_in > 10, "sound heard", 10)
        await out.hang_up()
        await taken.wait_for(CallState.ENDED)


async def test_a_planned_desk_phone_registers_and_reports(quiet_pbx: RunningPbx, desks: Desk) -> None:
    plan = PhonePlan(
        user="1002",
        server=quiet_pbx.sip,
        password=quiet_pbx.agent_secret("1002"),
        answer_after=0.1,
        max_calls=1,
    )
    ready = asyncio.Event()
    phone = asyncio.create_task(run_phone(plan, on_ready=lambda _: ready.set()))
    await asyncio.wait_for(ready.wait(), 10)
    out = desks[0].dial("1002")
    await out.wait_for(CallState.UP)
    await out.hang_up()
    [heard] = (await phone).calls
    assert (heard.number, heard.answered, heard.ended_by) == ("1003", True, Side.THEM)
