"""Two telephones call one another over loopback, without a PBX; packets get lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from callcenter.phones import (
    CallGone,
    CallPlan,
    CallState,
    PhoneError,
    PhonePlan,
    Side,
    Softphone,
    Talk,
    Timers,
    UnsafeText,
    WaitTimedOut,
    What,
    place_call,
    run_phone,
    sound,
)

FAST = Timers(t1=0.05, t2=0.2)
Pair = tuple[Softphone, Softphone]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """(caller, called)"""
    async with AsyncExitStack() as stack:
        called = await stack.enter_async_context(Softphone("1001", ("127.0.0.1", 9), timers=FAST))
        caller = Softphone("13800001111", called.address, name='王 "小明" \\ <sip:x@y>', timers=FAST)
        yield await stack.enter_async_context(caller), called


async def test_a_call_is_rung_answered_heard_and_ended(pair: Pair) -> None:
    caller, called = pair
    out = caller.dial("1001")
    call = await called.next_call()
    assert call.caller.name == caller.name
    assert (call.caller.user, call.called) == ("13800001111", "1001")
    call.ring()
    await out.wait_for(CallState.EARLY)
    await call.answer()
    await out.wait_for(CallState.UP)
    out.media.say(sound.tone())
    await out.press("15#0*")
    await call.media.changes.until(lambda: call.media.digits_in == "15#0*", "keys heard", 5)
    await call.media.changes.until(lambda: call.media.packets_in > 60, "sound heard", 5)
    assert call.media.recording.loud_seconds() > 0
    assert call.media.packets_lost == 0
    assert call.is_acknowledged
    await call.hang_up()
    await out.wait_for(CallState.ENDED)
    assert (out.ended_by, call.ended_by, out.code) == (Side.THEM, Side.US, 200)
    assert [line.what for line in out.timeline] == [
        What.DIALLED, What.RINGING, What.ANSWERED, What.PRESSED, What.ENDED,
    ]  # fmt: skip


async def test_hold_stops_the_sound_and_resume_brings_it_back(pair: Pair) -> None:
    _out, call = await up(pair)
    await call.hold()
    assert call.held
    before = call.media.packets_in
    await call.resume()
    await call.media.changes.until(lambda: call.media.packets_in > before + 5, "sound again", 5)


async def test_a_refused_call_tells_the_code(pair: Pair) -> None:
    out = pair[0].dial("1001")
    (await pair[1].next_call()).reject(486)
    with pytest.raises(CallGone):
        await out.wait_for(CallState.UP)
    assert (out.code, out.ended_by) == (486, Side.THEM)


async def test_a_caller_who_gives_up_stops_the_ringing(pair: Pair) -> None:
    out = pair[0].dial("1001")
    call = await pair[1].next_call()
    call.ring()
    await out.wait_for(CallState.EARLY)
    await out.hang_up()
    await call.wait_for(CallState.ENDED)
    assert (out.code, out.ended_by, call.ended_by) == (487, Side.US, Side.THEM)
    with pytest.raises(CallGone):
        await call.answer()


async def test_silence_at_the_other_end_becomes_408() -> None:
    async with Softphone("1", ("127.0.0.1", 9), timers=Timers(t1=0.005)) as phone:
        call = phone.dial("2")
        await call.wait_for(CallState.ENDED)
        assert call.code == 408


async def test_lost_packets_are_sent_again_and_repeats_are_harmless(pair: Pair) -> None:
    caller, called = pair
    lose_every_other(caller)
    lose_every_other(called)
    out = caller.dial("1001")
    call = await called.next_call()
    call.ring()
    await call.answer()
    await out.wait_for(CallState.UP)
    assert len(called.calls) == 1
    await out.hang_up()
    await call.wait_for(CallState.ENDED)
    assert call.ended_by is Side.THEM


async def test_an_answer_that_is_never_acknowledged_ends_the_call(pair: Pair) -> None:
    caller, called = pair
    called.stack.timers = Timers(t1=0.01, t2=0.02)
    drop(caller, b"ACK ")
    caller.dial("1001")
    call = await called.next_call()
    await call.answer()
    await call.wait_for(CallState.ENDED)
    assert call.ended_by is Side.US
    assert not call.is_acknowledged


async def test_notify_talk_answers_and_notify_hold_holds(pair: Pair) -> None:
    caller, called = pair
    out = caller.dial("1001")
    call = await called.next_call()
    call.ring()
    await out.wait_for(CallState.EARLY)
    await notify(caller, "talk", out)
    await out.wait_for(CallState.UP)
    await notify(caller, "hold", out)
    await call.changes.until(lambda: call.held, "held", 5)
    await notify(caller, "talk", out)
    await call.changes.until(lambda: not call.held, "resumed", 5)


async def test_garbage_is_counted_and_the_phone_goes_on(pair: Pair) -> None:
    caller, called = pair
    for data in (b"\0" * 40, b"INVITE sip:x SIP/2.0\r\n\r\n", b"\xff" * 1400, b"SIP/2.0 200 OK\r\n\r\n"):
        caller.stack.send_raw(data, called.address)
    caller.stack.send_raw(
        b"INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z1\r\nFrom: nobody\r\nTo: <sip:x@y>\r\n"
        b"Call-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
        called.address,
    )
    await up(pair)
    assert called.stack.garbled == 5


async def test_names_with_line_breaks_are_refused_before_anything_is_sent(pair: Pair) -> None:
    with pytest.raises(UnsafeText):
        pair[0].dial("1001\r\nEvil: yes")
    pair[0].name = "x\r\nEvil: yes"
    with pytest.raises(UnsafeText):
        pair[0].dial("1001")


async def test_options_are_answered_and_strangers_calls_are_unknown(pair: Pair) -> None:
    caller, called = pair
    call = caller.dial("1001")
    for method, code in (("OPTIONS", 200), ("BYE", 481)):
        request = call.dialog.request(method)
        headers = tuple((n, "other" if n == "Call-ID" else v) for n, v in request.headers)
        response = await caller.stack.transact(
            type(request)(method=method, uri=request.uri, headers=headers), called.address
        ).final()
        assert response.code == code


async def test_registration_needs_the_right_password() -> None:
    async with Softphone("1001", ("127.0.0.1", 9), password="x", timers=Timers(t1=0.005)) as phone:
        with pytest.raises(PhoneError, match="408"):
            await phone.register()


async def test_a_wait_names_its_condition(pair: Pair) -> None:
    with pytest.raises(WaitTimedOut, match="incoming call"):
        await pair[1].next_call(timeout=0.01)


async def test_a_planned_call_meets_a_planned_phone() -> None:
    where: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()
    plan = PhonePlan(
        user="0991", numbers=frozenset({"2345678"}), answer_after=0.05, max_calls=1, talk=Talk(say="tone")
    )
    far_end = asyncio.create_task(run_phone(plan, on_ready=where.set_result))
    server = await where
    quick = Talk(press="1,0", press_after=0.05, press_pause=0.05, seconds=0.8)
    wrong = await place_call(CallPlan(number="999", from_number="96365", server=server, host="127.0.0.1"))
    right = await place_call(
        CallPlan(number="2345678", from_number="96365", server=server, host="127.0.0.1", talk=quick)
    )
    [heard] = (await far_end).calls
    assert (wrong.code, wrong.answered) == (404, False)
    assert (right.code, right.answered, right.ended_by) == (200, True, Side.US)
    assert right.heard_seconds > 0.1
    assert (heard.number, heard.keys_heard, heard.ended_by) == ("96365", "10", Side.THEM)


async def up(pair: Pair):  # type: ignore[no-untyped-def]
    out = pair[0].dial("1001")
    call = await pair[1].next_call()
    await call.answer()
    await out.wait_for(CallState.UP)
    return out, call


async def notify(phone: Softphone, event: str, call) -> None:  # type: ignore[no-untyped-def]
    request = call.dialog.request("NOTIFY", (("Event", event), ("Subscription-State", "active")))
    assert (await phone.stack.transact(request, call.peer).final()).code == 200


def lose_every_other(phone: Softphone) -> None:
    send, count = phone.stack.send_raw, iter(range(10**6))

    def lossy(data: bytes, peer: tuple[str, int]) -> None:
        if next(count) % 2:
            send(data, peer)

    phone.stack.send_raw = lossy  # type: ignore[method-assign]


def drop(phone: Softphone, start: bytes) -> None:
    send = phone.stack.send_raw

    def lossy(data: bytes, peer: tuple[str, int]) -> None:
        if not data.startswith(start):
            send(data, peer)

    phone.stack.send_raw = lossy  # type: ignore[method-assign]
