"""All of ours is down (no service, no voice menu): agents' telephones, the duty phone, a message, in this order."""

import asyncio
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from callcenter.calls.recordings import voicemail_path
from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.plan import Line, QueueRow
from callcenter.phones import CallState, Softphone
from callcenter.phones.sound import silence, tone
from callcenter.telephony.heartbeat import Heartbeat
from tests.real_asterisk.ami_wire import AmiWire, Message, ami
from tests.real_asterisk.cel_rows import on_record
from tests.real_asterisk.polling import until
from tests.real_asterisk.queue_scenes import agent, household, take
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx, plan_of, start_pbx

OUTSIDE = "13800138000"
CALLER = "13800000001"
INSIDE_LINE, BARE_LINE = "96367", "96368"
"""Lines whose queue has a seat for its duty phone, or none."""


@pytest.fixture(scope="module")
def alone(build: AsteriskBuild, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPbx]:
    state_dir, silence = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("silence")
    queues = (
        QueueRow(name="hotline-zh", duty_phone=OUTSIDE, wrapuptime=0),
        QueueRow(name="elders", duty_phone="1004", wrapuptime=0),
        QueueRow(name="bare", wrapuptime=0, timeout=1, max_wait_seconds=2),
    )
    lines = tuple(
        Line(number=number, queue=queue.name)
        for number, queue in zip((HOTLINE, INSIDE_LINE, BARE_LINE), queues, strict=True)
    )
    plan = plan_of("alone", state_dir, queues=queues, lines=lines, sounds_dir=silence)
    running = start_pbx(plan, build, state_dir)
    yield running
    running.stop()


@pytest.fixture
async def carrier(alone: RunningPbx) -> AsyncIterator[Softphone]:
    port = alone.instance.carrier_port
    async with Softphone("carrier", alone.sip, host="127.0.0.2", port=port) as phone:
        yield phone


@pytest.fixture
async def tracer(alone: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(alone.instance.ami_port, "tracer", alone.tracer_secret) as wire:
        yield wire


def played(tracer: AmiWire) -> list[str]:
    return [event["AppData"].partition("/")[2] for event in tracer.all("Newexten", Application="Playback")]


async def test_an_agent_is_reached_then_when_he_does_not_answer_a_message_is_taken(
    alone: RunningPbx, tracer: AmiWire
) -> None:
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(agent(alone, "1001", tracer, queues=["bare"]))
        await stack.enter_async_context(household(alone, CALLER, dials=BARE_LINE))
        ringing, _ = await take(tracer, phone)
        await ringing.hang_up()
        other = "13800000002"
        await stack.enter_async_context(household(alone, other, dials=BARE_LINE))
        (await phone.next_call()).ring()
        await tracer.event("UserEvent", UserEvent="QueueLeft", Status="TIMEOUT", CallerIDNum=other)
        await tracer.event("Newexten", Application="Record", CallerIDNum=other)


# ---- the duty phone ----


async def test_the_duty_phone_outside_takes_the_caller(
    alone: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    async with household(alone, CALLER) as call:
        ringing = await carrier.next_call()
        assert ringing.called == OUTSIDE
        assert ringing.caller.user == CALLER  # our own person, who must be able to call back
        await tracer.event("UserEvent", UserEvent="QueueRefused", Status="JOINEMPTY", CallerIDNum=CALLER)
        await tracer.event("UserEvent", UserEvent="DutyPhoneCalled", Queue="hotline-zh", CallerIDNum=CALLER)
        await ringing.answer()
        entered = await tracer.event("BridgeEnter", CallerIDNum=CALLER)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED)
        await tracer.event("Hangup", Uniqueid=entered["Uniqueid"])
    assert played(tracer)[-1] == "please-wait"
    rows = await on_record(alone, entered["Uniqueid"])
    assert [row[9] for row in rows if row[0] == "DutyPhoneCalled"] == ['{"extra":"hotline-zh"}']


async def test_a_seat_may_be_the_duty_phone(alone: RunningPbx, tracer: AmiWire) -> None:
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(agent(alone, "1004", tracer))
        call = await stack.enter_async_context(household(alone, CALLER, dials=INSIDE_LINE))
        ringing = await phone.next_call()
        await ringing.answer()
        await tracer.event("BridgeEnter", CallerIDNum=CALLER)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED)
    assert tracer.all("Newexten", Application="Record") == []


async def test_a_duty_phone_that_is_busy_leads_to_a_message(
    alone: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    async with household(alone, CALLER):
        (await carrier.next_call()).reject()
        await tracer.event("Newexten", Application="Record", CallerIDNum=CALLER)
    assert played(tracer)[-2:] == ["all-busy", "voicemail-request"]


# ---- the message ----


async def recording_begins(alone: RunningPbx, tracer: AmiWire) -> Path:
    """The caller is heard from now on; where."""
    begun = await tracer.event("Newexten", Application="Record", CallerIDNum=CALLER)
    path = voicemail_path(begun["Uniqueid"])
    assert path is not None
    found = alone.instance.monitor_dir / path
    await until(found.is_file, "the message's file")
    return found


def is_longer(path: Path, seconds: float) -> bool:
    return path.stat().st_size > seconds * 16_000


async def message_told(alone: RunningPbx, tracer: AmiWire, *, told: bool) -> Message:
    """How the call ended; its message was told, by both sources, before the end, or not at all."""
    ended = await tracer.event("Hangup", CallerIDNum=CALLER)
    assert bool(tracer.all("UserEvent", UserEvent="VoicemailLeft")) is told
    kinds = [row[0] for row in await on_record(alone, ended["Uniqueid"])]
    assert ("VoicemailLeft" in kinds) is told
    assert not told or kinds.index("VoicemailLeft") < kinds.index("HANGUP")
    return ended


async def test_a_hang_up_keeps_what_was_said(alone: RunningPbx, tracer: AmiWire) -> None:
    async with household(alone, CALLER, dials=BARE_LINE) as call:
        path = await recording_begins(alone, tracer)
        call.media.say(tone())
        await until(lambda: is_longer(path, 3), "three seconds of speech")
        await call.hang_up()
        ended = await message_told(alone, tracer, told=True)
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)
        assert sound.getnframes() > 2 * 8000
    assert path.stat().st_mode & 0o077 == 0
    assert path.name == f"{ended['Uniqueid']}-voicemail.wav"


async def test_silence_ends_the_message(alone: RunningPbx, tracer: AmiWire) -> None:
    async with household(alone, CALLER, dials=BARE_LINE) as call:
        path = await recording_begins(alone, tracer)
        call.media.say(tone())
        await until(lambda: is_longer(path, 4), "four seconds of speech")
        call.media.say(silence())
        await call.wait_for(CallState.ENDED, timeout=20)
        await message_told(alone, tracer, told=True)
    assert played(tracer)[-1] == "voicemail-thanks"


async def test_who_says_nothing_has_left_nothing_and_stays_a_lost_caller(alone: RunningPbx, tracer: AmiWire) -> None:
    async with household(alone, CALLER, dials=BARE_LINE) as call:
        await call.wait_for(CallState.ENDED, timeout=20)
        begun = await tracer.event("VarSet", Variable="VOICEMAIL_SINCE", CallerIDNum=CALLER)
        ended = await tracer.event("VarSet", Variable="RECORD_STATUS", CallerIDNum=CALLER)
        assert ended["Value"] == "SILENCE"
        # A machine that stood still meanwhile makes it look like speech; a task there is in any case.
        took = int(float(ended["Timestamp"])) - int(begun["Value"])
        await message_told(alone, tracer, told=took >= 3)
    assert played(tracer)[-1] == ("call-back-promise" if took < 3 else "voicemail-thanks")


async def test_the_hash_key_ends_the_message(alone: RunningPbx, tracer: AmiWire) -> None:
    async with household(alone, CALLER, dials=BARE_LINE) as call:
        path = await recording_begins(alone, tracer)
        call.media.say(tone())
        await until(lambda: is_longer(path, 3), "three seconds of speech")
        pressing = asyncio.ensure_future(call.press("#"))
        await call.wait_for(CallState.ENDED, timeout=20)
        pressing.cancel()
        await message_told(alone, tracer, told=True)


# ---- nobody ends a wrap-up any more ----


async def paused(tracer: AmiWire, number: str, reason: str) -> None:
    await tracer.send("QueuePause", Queue="bare", Interface=f"PJSIP/{number}", Paused="true", Reason=reason)


async def heart_beat(tracer: AmiWire, *, seconds_ago: int) -> None:
    now = int((await tracer.send("Getvar", Variable="EPOCH"))["Value"])
    await tracer.send("Setvar", Variable="CALLCENTER_HEARTBEAT", Value=str(now - seconds_ago))


async def no_watch(tracer: AmiWire) -> None:
    """As after the start of the PBX; a watch to come looks often."""
    await tracer.send("Setvar", Variable="WRAP_UP_WATCHED", Value="")
    await tracer.send("Setvar", Variable="WRAP_UP_WATCH_EVERY", Value="0.2")


def unpaused(tracer: AmiWire) -> list[str]:
    return [event["MemberName"] for event in tracer.all("QueueMemberPause", Paused="0")]


@pytest.mark.parametrize(("beat", "back"), [(3600, ["1001"]), (-3600, ["1001"]), (0, [])])
async def test_whoever_wraps_up_comes_back_once_the_service_is_gone_and_nobody_else(
    alone: RunningPbx, tracer: AmiWire, beat: int, back: list[str]
) -> None:
    async with AsyncExitStack() as stack:
        for number in ("1001", "1002", "1003"):
            await stack.enter_async_context(agent(alone, number, tracer, queues=["bare"]))
        await paused(tracer, "1001", "wrap_up")
        await paused(tracer, "1002", "rest")
        await paused(tracer, "1003", "")
        await heart_beat(tracer, seconds_ago=beat)
        await stack.enter_async_context(household(alone, CALLER, dials=BARE_LINE))
        await tracer.event("QueueCallerJoin", CallerIDNum=CALLER)
        assert unpaused(tracer) == back


async def test_the_watch_brings_them_back_while_callers_wait(alone: RunningPbx, tracer: AmiWire) -> None:
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(agent(alone, "1001", tracer, queues=["bare"]))
        await no_watch(tracer)
        await heart_beat(tracer, seconds_ago=0)
        await Heartbeat().beat(await stack.enter_async_context(alone.service_link()))
        watching = await tracer.event("Newexten", Context="wrap-up-watch", Application="Wait")
        await paused(tracer, "1001", "wrap_up")
        await stack.enter_async_context(household(alone, CALLER, dials=BARE_LINE))
        await tracer.event("QueueCallerJoin", CallerIDNum=CALLER)
        assert unpaused(tracer) == []
        await heart_beat(tracer, seconds_ago=3600)
        ringing = await phone.next_call()
        assert unpaused(tracer) == ["1001"]
        ringing.reject()
        await tracer.send("Hangup", Channel=watching["Channel"])


async def test_one_watch_is_enough(alone: RunningPbx, tracer: AmiWire) -> None:
    await no_watch(tracer)
    async with alone.service_link() as client:
        for _ in range(3):
            await Heartbeat().beat(client)
            await tracer.event("Newexten", Context="wrap-up-watch", Application="Wait")
        watches = {event["Uniqueid"] for event in tracer.all("Newexten", Context="wrap-up-watch", Application="Wait")}
        assert len(watches) == 1
        beat = await tracer.send("Getvar", Variable="CALLCENTER_HEARTBEAT")
        assert beat["Value"].isdigit()
