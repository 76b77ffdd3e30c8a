"""Connected desks: the newest tab takes over, a slow one is closed, and nothing overtakes the snapshot."""

import asyncio
import json
import uuid
from contextlib import ExitStack
from typing import Any

from callcenter.realtime.hub import AT_ONCE, MOST_WAITING, Client, Hub

GULNAR, LIWEI = uuid.uuid4(), uuid.uuid4()


def client(agent: uuid.UUID | None = GULNAR, *, live: bool = True, session: str = "s") -> Client:
    made = Client(user_id=agent or uuid.uuid4(), session_id=session, agent_id=agent)
    made.live = live
    return made


def received(one: Client) -> list[dict[str, Any]]:
    found = []
    while not one.texts.empty():
        found.append(json.loads(one.texts.get_nowait()))
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
        assert (first.over.is_set(), first.close_code) == (True, 4409)
        assert not second.over.is_set()


async def test_a_slow_browser_is_closed_and_nobody_waits_for_it() -> None:
    hub, slow, quick = Hub(), client(GULNAR), client(LIWEI)
    with hub.attached(slow), hub.attached(quick):
        for n in range(MOST_WAITING + 1):
            hub.to_all({"n": n})
            assert received(quick) == [{"n": n}]
        assert (slow.over.is_set(), slow.close_code) == (True, 1013)
        assert not quick.over.is_set()


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
        assert (mine.over.is_set(), mine.close_code) == (True, 4401)
        assert not other.over.is_set()


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
        assert sum(not one.texts.empty() for one in desks) == AT_ONCE
        hub.to_agent(GULNAR, {"type": "pop"})
        assert received(hers) == [{"type": "pop"}]
        for _ in range(3):
            await asyncio.sleep(0)
        assert all(received(one) == [{"n": 1}] for one in desks)
