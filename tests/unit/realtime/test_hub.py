"""Connected desks: the newest tab takes over, a slow one is closed, and nothing overtakes the snapshot."""

import asyncio
import json
import uuid
from contextlib import ExitStack
from typing import Any

import pytest

from callcenter.realtime.hub import AT_ONCE, MOST_WAITING, Client, Hub

GULNAR, LIWEI = uuid.uuid4(), uuid.uuid4()


def client(agent: uuid.UUID | None = GULNAR, *, live: bool = True, session: str = "s") -> Client:
    made = Client(user_id=agent or uuid.uuid4(), session_id=session, agent_id=agent)
    made.live = live
    return made


def received(one: Client) -> list[dict[str, Any]]:
    found, one._texts = [json.loads(text) for text in one._texts], []
    return found


async def test_a_message_goes_to_that_agent_alone() -> None:
    hub, hers, his = Hub(), client(GULNAR), client(LIWEI)
    with hub.attached(hers), hub.attached(his):
        assert hub.to_agent(GULNAR, {"type": "pop"})
        assert (received(hers), received(his)) == ([{"type": "pop"}], [])
        hub.to_all({"type": "heartbeat"})
        assert received(hers) == received(his) == [{"type": "heartbeat"}]
    assert not hub.to_agent(GULNAR, {"type": "pop"})
    assert len(hub) == 0


async def test_the_newest_tab_takes_over_and_the_other_one_is_told() -> None:
    hub, first, second = Hub(), client(), client()
    with hub.attached(first), hub.attached(second):
        assert received(first) == [{"type": "replaced"}]
        assert (first.over, first.close_code) == (True, 4409)
        assert not second.over


async def test_a_slow_browser_is_closed_and_nobody_waits_for_it() -> None:
    hub, slow, quick = Hub(), client(GULNAR), client(LIWEI)
    with hub.attached(slow), hub.attached(quick):
        for n in range(MOST_WAITING + 1):
            hub.to_all({"n": n})
            assert received(quick) == [{"n": n}]
        assert (slow.over, slow.close_code) == (True, 1013)
        assert not quick.over


async def test_a_tab_that_was_replaced_is_not_told_to_come_again_for_being_slow() -> None:
    hub, first, second = Hub(), client(), client()
    with hub.attached(first), hub.attached(second):
        for n in range(MOST_WAITING + 1):
            first.put(str(n))
        assert (first.over, first.close_code) == (True, 4409)


async def test_a_slow_tab_that_is_replaced_does_not_come_again() -> None:
    hub, first, second = Hub(), client(), client()
    with hub.attached(first):
        for n in range(MOST_WAITING):
            first.put(str(n))
        with hub.attached(second):
            assert (first.over, first.close_code) == (True, 4409)


async def test_the_writer_is_handed_what_waits_and_then_what_comes_and_at_last_the_end() -> None:
    one = client()
    one.put("1")
    assert await one.take() == "1"
    coming = asyncio.create_task(one.take())
    await asyncio.sleep(0)
    one.put("2")
    one.put("3")
    assert await coming == "2"
    one.end(4409)
    assert (await one.take(), await one.take()) == ("3", None)


async def test_a_writer_that_waits_hears_of_the_end() -> None:
    one = client()
    coming = asyncio.create_task(one.take())
    await asyncio.sleep(0)
    one.end(4409)
    assert await coming is None


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_the_end_breaks_off_what_is_done_for_the_browser_and_only_once() -> None:
    one = client()
    doing = asyncio.create_task(one.until_over(for_ever()))
    await asyncio.sleep(0)
    one.end(1013)
    one.end(4409)
    await doing
    one.end(4409)
    assert one.close_code == 4409


async def test_what_is_begun_after_the_end_is_broken_off_at_once() -> None:
    one = client()
    one.end(4409)
    await one.until_over(for_ever())


async def test_an_end_said_from_within_lets_it_finish() -> None:
    one, done = client(), list[str]()

    async def work() -> None:
        one.end(1008)
        done.append("farewell")

    await one.until_over(work())
    assert done == ["farewell"]
    await asyncio.sleep(0)  # nothing is left that would cancel us


@pytest.mark.parametrize("ended", [False, True], ids=["cancelled", "cancelled-and-ended"])
async def test_a_cancelled_handler_ends_whether_or_not_the_desk_ends_too(ended: bool) -> None:
    one = client()
    doing = asyncio.create_task(one.until_over(for_ever()))
    await asyncio.sleep(0)
    if ended:
        one.end(4401)
        await asyncio.sleep(0)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing


@pytest.mark.parametrize("ours_first", [False, True])
async def test_the_end_is_heard_in_the_middle_of_another_timeout(ours_first: bool) -> None:
    one, after = client(), list[str]()

    async def work() -> None:
        async with asyncio.timeout(None) as inner:
            if ours_first:
                one.end(1013)
            inner.reschedule(0)
            one.end(1013)
            await for_ever()
        after.append("it went on")

    await one.until_over(work())
    assert after == []


async def test_a_timeout_of_another_thing_is_not_taken_for_the_end() -> None:
    async def work() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await client().until_over(work())


async def test_before_its_hello_a_browser_hears_nothing() -> None:
    hub, silent = Hub(), client(live=False)
    with hub.attached(silent):
        assert not hub.to_agent(GULNAR, {"type": "pop"})
        assert hub.agents() == set()
        assert received(silent) == []


async def test_what_changes_while_the_snapshot_is_read_comes_behind_it() -> None:
    hub, desk = Hub(), client(live=False)
    with hub.attached(desk):
        desk.begin()
        hub.to_agent(GULNAR, {"n": 1})
        hub.to_agent(GULNAR, {"n": 2})
        assert received(desk) == []
        desk.release(json.dumps({"type": "snapshot"}))
        hub.to_agent(GULNAR, {"n": 3})
        assert received(desk) == [{"type": "snapshot"}, {"n": 1}, {"n": 2}, {"n": 3}]


async def test_a_browser_that_says_hello_twice_while_reading_misses_nothing() -> None:
    desk = client(live=False)
    desk.begin()
    desk.put('{"n": 1}')
    desk.begin()
    desk.release('{"type": "snapshot"}')
    assert received(desk) == [{"type": "snapshot"}, {"n": 1}]


async def test_signing_out_closes_the_desks_of_that_session_only() -> None:
    hub, mine, other = Hub(), client(GULNAR, session="a"), client(LIWEI, session="b")
    with hub.attached(mine), hub.attached(other):
        hub.end_session("a")
        assert (mine.over, mine.close_code) == (True, 4401)
        assert not other.over


async def test_a_change_of_who_is_connected_does_not_disturb_sending() -> None:
    hub = Hub()
    clients = [client(uuid.uuid4()) for _ in range(20)]

    async def stay(one: Client) -> None:
        with hub.attached(one):
            await asyncio.sleep(0)

    stays = [asyncio.create_task(stay(one)) for one in clients]
    await asyncio.sleep(0)
    hub.to_all({"n": 1})
    await asyncio.gather(*stays)
    assert all(received(one) == [{"n": 1}] for one in clients)
    assert len(hub) == 0


async def test_many_are_told_by_and_by_and_somebody_else_gets_in_between() -> None:
    hub, desks, hers = Hub(), [client(uuid.uuid4()) for _ in range(3 * AT_ONCE)], client(GULNAR)
    with ExitStack() as stack:
        for one in desks:
            stack.enter_context(hub.attached(one))
        hub.to_all({"n": 1})
        stack.enter_context(hub.attached(hers))
        assert sum(one.waiting > 0 for one in desks) == AT_ONCE
        hub.to_agent(GULNAR, {"type": "pop"})
        assert received(hers) == [{"type": "pop"}]
        for _ in range(3):
            await asyncio.sleep(0)
        assert all(received(one) == [{"n": 1}] for one in desks)
