"""From the dialled number into a queue and out of it again, by the shipped dialplan."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.phones import CallState, Softphone
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.cel_rows import on_record
from tests.real_asterisk.polling import until
from tests.real_asterisk.queue_scenes import agent, entries, household, joined, nobody_left, take
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx
from tests.real_asterisk.scripted_ivr import scripted_ivr

CALLER = "13800000009"


@pytest.fixture
async def tracer(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(quiet_pbx.instance.ami_port, "tracer", quiet_pbx.tracer_secret) as wire:
        yield wire
        await nobody_left(wire, "hotline-zh", "hotline-ug", "short")


async def test_without_prompts_and_without_ivr_a_call_still_reaches_an_agent(
    quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as phone,
        household(quiet_pbx, CALLER) as call,
    ):
        ringing, connected = await take(tracer, phone)
        assert (connected["Interface"], connected["MemberName"]) == ("PJSIP/1001", "1001")
        assert connected["Uniqueid"].startswith(f"{quiet_pbx.plan.name}-")
        recording = _recording(quiet_pbx, connected["Uniqueid"])
        await until(lambda: recording.is_file() and recording.stat().st_size > 1000, "recorded speech")
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED)
    assert recording.stat().st_mode & 0o077 == 0


def _recording(pbx: RunningPbx, uniqueid: str) -> Path:
    """Known from the uniqueid alone, as the service will look for it."""
    born = datetime.fromtimestamp(float(uniqueid.rsplit("-", 1)[1]), UTC)
    return pbx.instance.monitor_dir / f"{born:%Y%m%d}" / f"{uniqueid}.wav"


@pytest.mark.parametrize("queue", ["hotline-zh", "hotline-ug"])
async def test_the_ivr_may_name_one_of_our_queues(queue: str, quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(scripted_ivr(quiet_pbx.instance.agi_port, {CALLER: {"TARGET_QUEUE": queue}}))
        await stack.enter_async_context(agent(quiet_pbx, "1001", tracer, queues=[queue], paused=True))
        await stack.enter_async_context(household(quiet_pbx, CALLER))
        assert (await joined(tracer, CALLER))["Queue"] == queue


FOREIGN = ["", "HOTLINE-UG", "hotline-ug ", "hotline-ug&hotline-zh", "queue", "from-agents", "0013800000000",
           "hotline-ug,1)&System(id)", "${EVAL(hotline-ug)}", "x" * 400, "热线"]  # fmt: skip


@pytest.mark.parametrize("queue", FOREIGN)
async def test_any_other_name_leads_to_the_lines_own_queue(
    queue: str, quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(scripted_ivr(quiet_pbx.instance.agi_port, {CALLER: {"TARGET_QUEUE": queue}}))
        await stack.enter_async_context(agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"], paused=True))
        await stack.enter_async_context(household(quiet_pbx, CALLER))
        assert (await joined(tracer, CALLER))["Queue"] == "hotline-zh"


PRIORITIES = {"0": "0", "7": "7", "250": "250", "": "0", "1000": "0", "-3": "0", "5 & 9": "0", "high": "0"}


@pytest.mark.parametrize("given", PRIORITIES)
async def test_a_priority_is_a_number_of_three_digits_or_nought(
    given: str, quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(scripted_ivr(quiet_pbx.instance.agi_port, {CALLER: {"CALL_PRIORITY": given}}))
        await stack.enter_async_context(agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"], paused=True))
        await stack.enter_async_context(household(quiet_pbx, CALLER))
        await joined(tracer, CALLER)
        assert [entry["Priority"] for entry in await entries(tracer, "hotline-zh")] == [PRIORITIES[given]]


async def test_with_nobody_signed_in_the_caller_is_told_and_we_are_told(
    quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with household(quiet_pbx, CALLER) as call:
        told = await tracer.event("UserEvent", UserEvent="QueueRefused", CallerIDNum=CALLER)
        assert (told["Queue"], told["Status"]) == ("hotline-zh", "JOINEMPTY")
        await call.wait_for(CallState.ENDED)
    assert tracer.all("QueueCallerJoin") == []
    rows = await on_record(quiet_pbx, told["Uniqueid"])
    assert [row[0] for row in rows if row[5] == "CELGenUserEvent"] == ["RecordingBegan", "QueueRefused"]
    assert [row[9] for row in rows if row[0] == "QueueRefused"] == ['{"extra":"hotline-zh:JOINEMPTY"}']


async def test_whom_nobody_serves_is_told_in_mandarin(pbx: RunningPbx) -> None:
    """With the shipped prompts, as far as they are there; the ids are asked for in any case."""
    async with ami(pbx.instance.ami_port, "tracer", pbx.tracer_secret) as tracer:
        async with household(pbx, CALLER) as call:
            await call.wait_for(CallState.UP)
            request = {"Application": "Playback", "AppData": "hotline/voicemail-request", "CallerIDNum": CALLER}
            await tracer.event("Newexten", seconds=60, **request)
        played = [e["AppData"] for e in tracer.all("Newexten", Application="Playback")]
    prompts = ("recording-notice", "greeting", "all-busy", "voicemail-request")
    assert played == [f"hotline/{id_}" for id_ in prompts]


async def test_members_whose_phones_are_all_off_count_as_nobody(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    await tracer.send("QueueAdd", Queue="hotline-zh", Interface="PJSIP/1004", MemberName="1004")
    try:
        async with household(quiet_pbx, CALLER):
            await tracer.event("UserEvent", UserEvent="QueueRefused", Status="JOINEMPTY", CallerIDNum=CALLER)
    finally:
        await tracer.send("QueueRemove", Queue="hotline-zh", Interface="PJSIP/1004")


async def test_callers_in_line_leave_when_the_last_agent_signs_out(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with household_waiting(quiet_pbx, tracer) as stack:
        await stack.aclose()  # the agent goes
        told = await tracer.event("UserEvent", UserEvent="QueueLeft", CallerIDNum=CALLER)
        assert (told["Queue"], told["Status"]) == ("hotline-zh", "LEAVEEMPTY")


def household_waiting(pbx: RunningPbx, tracer: AmiWire) -> "_Waiting":
    return _Waiting(pbx, tracer)


class _Waiting:
    """A household in line while the one agent pauses; entering gives the stack that holds the agent."""

    def __init__(self, pbx: RunningPbx, tracer: AmiWire) -> None:
        self._pbx, self._tracer = pbx, tracer
        self._agent, self._caller = AsyncExitStack(), AsyncExitStack()

    async def __aenter__(self) -> AsyncExitStack:
        signed_in = agent(self._pbx, "1001", self._tracer, queues=["hotline-zh"], paused=True)
        await self._agent.enter_async_context(signed_in)
        await self._caller.enter_async_context(household(self._pbx, CALLER))
        await joined(self._tracer, CALLER)
        return self._agent

    async def __aexit__(self, *_: object) -> None:
        await self._caller.aclose()
        await self._agent.aclose()


async def test_an_agents_reload_of_the_browser_costs_no_caller_the_place(
    quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"], paused=True))
        await stack.enter_async_context(household(quiet_pbx, CALLER))
        await joined(tracer, CALLER)
        await phone.unregister()
        await tracer.event("QueueMemberStatus", MemberName="1001", Status="5")
        await phone.register()
        await tracer.event("QueueMemberStatus", MemberName="1001", Status="1")
        assert len(await entries(tracer, "hotline-zh")) == 1


async def test_after_the_longest_wait_the_caller_gets_the_promise(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            scripted_ivr(quiet_pbx.instance.agi_port, {CALLER: {"TARGET_QUEUE": "short"}})
        )
        await stack.enter_async_context(agent(quiet_pbx, "1001", tracer, queues=["short"], paused=True))
        call = await stack.enter_async_context(household(quiet_pbx, CALLER))
        await joined(tracer, CALLER)
        told = await tracer.event("UserEvent", UserEvent="QueueLeft", CallerIDNum=CALLER)
        assert (told["Queue"], told["Status"]) == ("short", "TIMEOUT")
        await call.wait_for(CallState.ENDED)
    rows = await on_record(quiet_pbx, told["Uniqueid"])
    assert [row[9] for row in rows if row[0] == "QueueLeft"] == ['{"extra":"short:TIMEOUT"}']
    assert [row[10].split(",")[0] for row in rows if row[0] == "APP_START"] == ["short"]


async def test_a_caller_withdrawn_for_a_call_back_is_not_told_that_all_are_busy(
    quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with household_waiting(quiet_pbx, tracer):
        channel = (await joined(tracer, CALLER))["Channel"]
        await tracer.send("QueueWithdrawCaller", Queue="hotline-zh", Caller=channel)
        await tracer.event("UserEvent", UserEvent="QueueLeft", Status="WITHDRAW", CallerIDNum=CALLER)
        ended = await tracer.event("Hangup", Channel=channel)
        rows = await on_record(quiet_pbx, ended["Uniqueid"])
        assert [row[9] for row in rows if row[0] == "QueueLeft"] == ['{"extra":"hotline-zh:WITHDRAW"}']
        played = [e["AppData"] for e in tracer.all("Newexten", Channel=channel, Application="Playback")]
        assert played[-1] == "hotline/call-back-promise"
        assert "hotline/all-busy" not in played


async def test_an_agent_moves_a_caller_to_another_queue_and_the_recording_goes_on(
    quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]))
        second = await stack.enter_async_context(agent(quiet_pbx, "1002", tracer, queues=["hotline-ug"]))
        await stack.enter_async_context(household(quiet_pbx, CALLER))
        ringing, _ = await take(tracer, first)
        assert await ringing.transfer("hotline-ug") == 202
        moved = await second.next_call()
        await moved.answer()
        await tracer.event("AgentConnect", MemberName="1002")
        assert len(tracer.all("MixMonitorStart")) == 1


HOSTILE_NAMES = [
    "${SHELL(touch hacked)}",
    "`touch hacked`",
    '"; System(touch hacked)',
    "a,b&PJSIP/1001",
    "王小明(3号楼)",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_whatever_the_caller_calls_himself_the_call_is_a_call(
    name: str, quiet_pbx: RunningPbx, tracer: AmiWire
) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"], paused=True))
        phone = await stack.enter_async_context(Softphone(CALLER, quiet_pbx.sip, host="127.0.0.2", name=name))
        phone.dial(HOTLINE)
        assert (await joined(tracer, CALLER))["Queue"] == "hotline-zh"
    assert list(quiet_pbx.instance.home.rglob("hacked")) == []
