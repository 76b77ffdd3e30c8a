"""DESIGN §3.7 confirmed on the real PBX: one order over several queues, and a waiting caller can be moved ahead."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from callcenter.phones import Softphone, WaitTimedOut
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.queue_scenes import (
    agent,
    entries,
    household,
    joined,
    next_second,
    nobody_left,
    serve,
    unpause,
)
from tests.real_asterisk.running_pbx import RunningPbx
from tests.real_asterisk.scripted_ivr import scripted_ivr

BOTH = ("hotline-zh", "hotline-ug")
Caller = tuple[str, str, int]  # number, queue, priority


@pytest.fixture
async def tracer(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(quiet_pbx.instance.ami_port, "tracer", quiet_pbx.tracer_secret) as wire:
        yield wire
        await nobody_left(wire, *BOTH)


@pytest.fixture
async def phone(quiet_pbx: RunningPbx, tracer: AmiWire) -> AsyncIterator[Softphone]:
    """Agent 1001, member of both queues, paused: callers may join but nobody is served yet."""
    async with agent(quiet_pbx, "1001", tracer, queues=BOTH, paused=True) as phone:
        yield phone


async def _call_in(pbx: RunningPbx, tracer: AmiWire, stack: AsyncExitStack, callers: list[Caller]) -> None:
    """One after the other, each only when the one before stands in its queue."""
    script = {n: {"TARGET_QUEUE": queue, "CALL_PRIORITY": str(priority)} for n, queue, priority in callers}
    await stack.enter_async_context(scripted_ivr(pbx.instance.agi_port, script))
    for place, (number, queue, _) in enumerate(callers, start=1):
        await stack.enter_async_context(household(pbx, number))
        join = await joined(tracer, number)
        assert join["Queue"] == queue
        await next_second(join, phase=place / (len(callers) + 1))


ORDERS = {
    "higher priority first, though it came last and into the other queue": (
        [("13800000001", "hotline-zh", 0), ("13800000002", "hotline-ug", 0), ("13800000003", "hotline-ug", 5)],
        ["13800000003", "13800000001", "13800000002"],
    ),
    "the same with the queues exchanged": (
        [("13800000001", "hotline-ug", 0), ("13800000002", "hotline-zh", 0), ("13800000003", "hotline-zh", 5)],
        ["13800000003", "13800000001", "13800000002"],
    ),
    "longest waiting first within one priority, over both queues": (
        [
            ("13800000001", "hotline-ug", 1),
            ("13800000002", "hotline-zh", 1),
            ("13800000003", "hotline-zh", 1),
            ("13800000004", "hotline-ug", 1),
        ],
        ["13800000001", "13800000002", "13800000003", "13800000004"],
    ),
    "priority, then age": (
        [
            ("13800000001", "hotline-ug", 0),
            ("13800000002", "hotline-zh", 3),
            ("13800000003", "hotline-ug", 9),
            ("13800000004", "hotline-ug", 3),
        ],
        ["13800000003", "13800000002", "13800000004", "13800000001"],
    ),
}


@pytest.mark.parametrize("story", ORDERS)
async def test_two_queues_that_share_an_agent_keep_one_order(
    story: str, quiet_pbx: RunningPbx, tracer: AmiWire, phone: Softphone
) -> None:
    callers, expected = ORDERS[story]
    async with AsyncExitStack() as stack:
        await _call_in(quiet_pbx, tracer, stack, callers)
        await unpause(tracer, "1001")
        assert await serve(tracer, phone, len(callers)) == expected


async def test_a_waiting_caller_is_moved_ahead_at_once(
    quiet_pbx: RunningPbx, tracer: AmiWire, phone: Softphone
) -> None:
    callers: list[Caller] = [(f"1380000000{n}", "hotline-zh", 0) for n in (1, 2, 3)]
    callers.append(("13800000004", "hotline-ug", 4))
    secret = quiet_pbx.plan.secrets.ami
    async with AsyncExitStack() as stack:
        # By the service's own user: its rights must be enough.
        service = await stack.enter_async_context(ami(quiet_pbx.instance.ami_port, "callcenter", secret))
        await _call_in(quiet_pbx, tracer, stack, callers)
        channel = (await joined(tracer, "13800000003"))["Channel"]
        answer = await service.send(
            "QueueChangePriorityCaller", Queue="hotline-zh", Caller=channel, Priority="7", Immediate="yes"
        )
        assert answer["Response"] == "Success", answer
        line = [(entry["CallerIDNum"], entry["Priority"]) for entry in await entries(service, "hotline-zh")]
        assert line == [("13800000003", "7"), ("13800000001", "0"), ("13800000002", "0")]
        await unpause(tracer, "1001")
        # Moved ahead in its own queue, and of the other queue's caller too.
        assert await serve(tracer, phone, 4) == ["13800000003", "13800000004", "13800000001", "13800000002"]


async def test_without_immediate_the_place_in_line_stays(
    quiet_pbx: RunningPbx, tracer: AmiWire, phone: Softphone
) -> None:
    callers: list[Caller] = [("13800000001", "hotline-zh", 0), ("13800000002", "hotline-zh", 0)]
    async with AsyncExitStack() as stack:
        await _call_in(quiet_pbx, tracer, stack, callers)
        channel = (await joined(tracer, "13800000002"))["Channel"]
        await tracer.send("QueueChangePriorityCaller", Queue="hotline-zh", Caller=channel, Priority="7")
        line = [(entry["CallerIDNum"], entry["Priority"]) for entry in await entries(tracer, "hotline-zh")]
        assert line == [("13800000001", "0"), ("13800000002", "7")]
        await unpause(tracer, "1001")
        assert await serve(tracer, phone, 2) == ["13800000001", "13800000002"]


async def test_a_pause_in_one_queue_only_holds_up_the_agents_other_queue(
    quiet_pbx: RunningPbx, tracer: AmiWire, phone: Softphone
) -> None:
    """A trap to know, not a wish: pause an agent in all queues at once, or take him out of the one."""
    callers: list[Caller] = [("13800000001", "hotline-zh", 0), ("13800000002", "hotline-ug", 0)]
    async with AsyncExitStack() as stack:
        await _call_in(quiet_pbx, tracer, stack, callers)
        await tracer.send("QueuePause", Queue="hotline-ug", Interface="PJSIP/1001", Paused="false")
        with pytest.raises(WaitTimedOut):
            await phone.next_call(timeout=5)
        await tracer.send("QueueRemove", Queue="hotline-zh", Interface="PJSIP/1001")
        assert await serve(tracer, phone, 1) == ["13800000002"]
