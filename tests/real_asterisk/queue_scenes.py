"""People of the queue tests: households that call in, agents that are members, and the PBX's word about them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from callcenter.phones import IncomingCall, OutgoingCall, Softphone
from tests.real_asterisk.ami_wire import AmiWire, Message
from tests.real_asterisk.polling import until
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx

IDLE = "1"
"""Device state of a queue member: known and not in use."""


@asynccontextmanager
async def household(pbx: RunningPbx, number: str, *, dials: str = HOTLINE) -> AsyncIterator[OutgoingCall]:
    """Calls in from the carrier's address; hung up at the end."""
    async with Softphone(number, pbx.sip, host="127.0.0.2") as phone:
        yield phone.dial(dials)


@asynccontextmanager
async def agent(
    pbx: RunningPbx, number: str, tracer: AmiWire, *, queues: Sequence[str] = (), paused: bool = False
) -> AsyncIterator[Softphone]:
    """A registered phone, a member of `queues`; signed out at the end."""
    async with Softphone(number, pbx.sip, password=pbx.agent_secret(number)) as phone:
        await phone.register()
        for queue in queues:
            answer = await tracer.send(
                "QueueAdd",
                Queue=queue,
                Interface=f"PJSIP/{number}",
                MemberName=number,
                StateInterface=f"PJSIP/{number}",
                Paused="true" if paused else "false",
            )
            assert answer["Response"] == "Success", answer
            # The device's state reaches the queue a moment after the registration; until then joinempty counts
            # the member as absent (the last test's farewell of the same device may still be on its way).
            await _known_idle(tracer, queue, number)
        try:
            yield phone
        finally:
            for queue in queues:
                await tracer.send("QueueRemove", Queue=queue, Interface=f"PJSIP/{number}")


async def _known_idle(wire: AmiWire, queue: str, number: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        before, complete = len(wire.all("QueueMember")), len(wire.all("QueueStatusComplete"))
        await wire.send("QueueStatus", Queue=queue, Member=f"PJSIP/{number}")
        await wire.wait_for(lambda _, n=complete: len(wire.all("QueueStatusComplete")) > n, "QueueStatusComplete")
        if [row["Status"] for row in wire.all("QueueMember")[before:]] == [IDLE]:
            return
    raise AssertionError(f"{number} did not become idle in {queue}")


async def joined(tracer: AmiWire, number: str) -> Message:
    """QueueCallerJoin of this caller."""
    return await tracer.event("QueueCallerJoin", CallerIDNum=number)


async def entries(wire: AmiWire, queue: str) -> list[Message]:
    """The callers of a queue as QueueStatus tells them, first in line first."""
    before = len(wire.all("QueueEntry"))
    complete = len(wire.all("QueueStatusComplete"))
    await wire.send("QueueStatus", Queue=queue)
    await wire.wait_for(lambda _: len(wire.all("QueueStatusComplete")) > complete, "QueueStatusComplete")
    return sorted(wire.all("QueueEntry")[before:], key=lambda entry: int(entry["Position"]))


async def take(tracer: AmiWire, phone: Softphone) -> tuple[IncomingCall, Message]:
    """Answer the next call; returns when both sides hear one another, with AgentConnect.

    A real call lasts: a BYE that overtakes the ACK of the answer is lost in Asterisk.
    """
    call = await phone.next_call(timeout=15)
    call.ring()
    await call.answer()
    connect = await tracer.event("AgentConnect", CallerIDNum=call.caller.user)
    for leg in (connect["Uniqueid"], connect["DestUniqueid"]):
        await tracer.event("BridgeEnter", Uniqueid=leg)
    return call, connect


async def serve(tracer: AmiWire, phone: Softphone, count: int, *, number: str = "1001") -> list[str]:
    """Answer and end `count` calls one after the other; the callers' numbers in the order they came.

    The agent is paused over each end, as the service does for wrap-up. Without it the heads of two queues ask for
    the phone while it is still letting go of the call, each on a thread of its own, and app_queue does not count a
    caller as longer waiting whose own attempt is under way (`pending`): on a busy machine the younger one may win.
    """
    served = []
    for _ in range(count):
        call, connect = await take(tracer, phone)
        served.append(call.caller.user)
        await _pause(tracer, number, paused=True)
        await call.hang_up()
        await tracer.event("Hangup", Uniqueid=connect["DestUniqueid"])
        await tracer.event("Hangup", Uniqueid=connect["Uniqueid"])
        for queue in {row["Queue"] for row in tracer.all("QueueMemberPause", Interface=f"PJSIP/{number}")}:
            await _known_idle(tracer, queue, number)
        await unpause(tracer, number)
    return served


async def next_second(after: Message, phase: float = 0.0) -> None:
    """Poll the clock until the second of this event is over, and `phase` of the next: app_queue knows whole seconds.

    Each head of a queue asks for a member once a second, counted from its own joining. Two that ask in the same
    moment pass one another (see `serve`), so callers whose order is judged come at different phases of a second.
    """
    over = int(float(after["Timestamp"])) + 1 + phase
    await until(lambda: time.time() >= over, "next second")


async def unpause(tracer: AmiWire, number: str) -> None:
    """Free for all his queues at once."""
    await _pause(tracer, number, paused=False)


async def _pause(tracer: AmiWire, number: str, *, paused: bool) -> None:
    answer = await tracer.send("QueuePause", Interface=f"PJSIP/{number}", Paused=str(paused).lower())
    assert answer["Response"] == "Success", answer


async def nobody_left(tracer: AmiWire, *queues: str, seconds: float = 10) -> None:
    """Poll until the queues are empty, so that one test's callers are not the next one's."""
    with contextlib.suppress(asyncio.TimeoutError):
        async with asyncio.timeout(seconds):
            while any([await entries(tracer, queue) for queue in queues]):
                pass
            return
    raise AssertionError("callers are left in the queues")
