"""The desk's websocket: who gets in, what is shown to whom, and what a hostile browser gets."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import WebSocket, WebSocketDisconnect
from sqlalchemy import select

from callcenter.auth.permissions import Role
from callcenter.calls.engine import CallEngine
from callcenter.calls.events import DialEnded, LineEvent
from callcenter.calls.models import ScreenPopRow
from callcenter.realtime import routes
from callcenter.realtime.hub import MOST_WAITING
from tests.integration.calls.test_ledger_of_calls import stream
from tests.integration.conftest import feed, new_engine, until
from tests.integration.realtime.conftest import Frame, Live

CALL = "normal-agent-hangs-up"


@pytest.fixture
async def gulnar(live: Live) -> httpx.AsyncClient:
    return await live.service.signed_in("gulnar", Role.AGENT, seat="1001")


@pytest.fixture
async def liwei(live: Live) -> httpx.AsyncClient:
    return await live.service.signed_in("liwei", Role.AGENT, seat="1002")


class Call:
    """A recorded call, told step by step."""

    def __init__(self, live: Live, name: str = CALL) -> None:
        self.engine: CallEngine = new_engine(live.service.ledger, name)
        self._left: list[LineEvent] = stream(name)

    async def until_before(self, kind: type[LineEvent]) -> None:
        """All events before the first of that kind."""
        n = next(n for n, event in enumerate(self._left) if isinstance(event, kind))
        told, self._left = self._left[:n], self._left[n:]
        await feed(self.engine, told, batch=1)

    async def rest(self) -> None:
        await feed(self.engine, self._left, batch=1)
        self._left = []


async def pop_row(live: Live) -> ScreenPopRow:
    async with live.service.ledger.reading() as session:
        return (await session.scalars(select(ScreenPopRow))).one()


@pytest.mark.parametrize("origin", ["http://evil.test", "null", None])
async def test_a_page_of_another_site_is_closed_out_even_with_the_cookie(
    live: Live, gulnar: httpx.AsyncClient, origin: str | None
) -> None:
    tab = await live.open(gulnar, origin=origin)
    assert await tab.closed() == 4403
    assert tab.frames == []


async def test_without_a_session_nothing_is_shown(live: Live, gulnar: httpx.AsyncClient) -> None:
    assert await (await live.open(None)).closed() == 4401
    gulnar.cookies.set("cc_session", "x" * 43, domain="desk.test")
    stranger = await live.service.browser()
    stranger.cookies.set("cc_session", "x" * 43)
    assert await (await live.open(stranger)).closed() == 4401


async def test_hello_is_answered_with_the_whole_desk(live: Live, gulnar: httpx.AsyncClient) -> None:
    tab = await live.desk(gulnar)
    desk = tab.frames[0]["desk"]
    assert tab.frames[0]["type"] == "snapshot"
    assert (desk["seat"]["number"], desk["presence"]["cause"]) == ("1001", "signed_in")
    assert (desk["pop"], desk["call"], desk["tasks"]) == (None, None, [])
    assert desk == (await gulnar.get("/api/v1/desk")).json() | {"as_of": desk["as_of"]}
    again = await live.desk(gulnar, since=desk["position"])
    assert again.frames[0] == {"type": "current", "position": desk["position"]}
    behind = await live.desk(gulnar, since=desk["position"] - 1)
    assert behind.frames[0]["type"] == "snapshot", "something was missed"


async def test_somebody_without_a_seat_is_told_so(live: Live) -> None:
    browser = await live.service.signed_in("zhou", Role.SUPERVISOR)
    tab = await live.desk(browser)
    assert tab.frames[0]["type"] == "no_seat"


async def test_before_hello_nothing_is_sent(live: Live, gulnar: httpx.AsyncClient, liwei: httpx.AsyncClient) -> None:
    silent, talking = await live.open(gulnar), await live.desk(liwei)
    await talking.hears("heartbeat")
    assert silent.frames == []


async def test_a_ring_pops_up_at_that_agent_alone_and_again_until_it_was_seen(
    live: Live, gulnar: httpx.AsyncClient, liwei: httpx.AsyncClient
) -> None:
    hers, his = await live.desk(gulnar), await live.desk(liwei)
    call = Call(live)
    await call.until_before(DialEnded)
    pop = (await hers.hears("pop"))["pop"]
    assert pop["caller"]["number"] == {"masked": "139****0001", "full": None, "withheld": False}
    assert (pop["caller"]["name"], pop["calls_today"]) == ("张三", 1)
    beats = len(hers.named("heartbeat"))
    await until(lambda: len(hers.named("heartbeat")) > beats + 3, "some time passes")
    assert len(hers.named("pop")) == 1, "not while it may be on its way"
    live.service.clock.advance(timedelta(seconds=1.5))
    await until(lambda: len(hers.named("pop")) >= 3, "it is sent again")
    assert {one["pop"]["id"] for one in hers.named("pop")} == {pop["id"]}
    await his.say({"type": "pop_seen", "pop_id": pop["id"]})
    await his.say({"type": "alive"})
    sent = len(hers.named("pop"))
    await until(lambda: len(hers.named("pop")) > sent, "another agent's word does not count")
    await hers.say({"type": "pop_seen", "pop_id": pop["id"]})

    async def seen() -> Any:
        return (await pop_row(live)).seen_at

    await until(seen, "the pop is noted as seen")
    sent, beats = len(hers.named("pop")), len(hers.named("heartbeat"))
    await until(lambda: len(hers.named("heartbeat")) > beats + 3, "some time passes")
    assert len(hers.named("pop")) <= sent + 1, "no more once seen (one may have been on its way)"
    assert his.named("pop") == []
    row = await pop_row(live)
    assert row.sent_at is not None


async def test_a_pop_made_before_the_clock_was_set_back_is_sent_again_all_the_same(
    live: Live, gulnar: httpx.AsyncClient
) -> None:
    tab = await live.desk(gulnar)
    await Call(live).until_before(DialEnded)
    await tab.hears("pop")
    live.service.clock.advance(timedelta(hours=-1))
    await until(lambda: len(tab.named("pop")) >= 2, "it is sent again")


async def test_the_pop_goes_when_the_call_is_answered_and_the_call_takes_its_place(
    live: Live, gulnar: httpx.AsyncClient
) -> None:
    tab = await live.desk(gulnar)
    call = Call(live)
    await call.until_before(DialEnded)
    pop = (await tab.hears("pop"))["pop"]
    await call.rest()
    gone = await tab.hears("pop_withdrawn")
    assert (gone["pop_id"], gone["cause"]) == (pop["id"], "answered")
    ended = await tab.hears("call", lambda frame: bool(frame["call"]) and frame["call"]["state"] == "ended")
    assert ended["call"]["journey_id"] == pop["journey_id"]
    assert (await tab.hears("presence", lambda frame: frame["presence"]["state"] == "wrap_up"))["presence"]["until"]
    positions = [frame["position"] for frame in tab.frames if frame.get("position")]
    assert positions == sorted(positions), "what changed first is told first"


async def test_a_pop_of_a_caller_who_went_is_withdrawn_with_that_cause(live: Live, gulnar: httpx.AsyncClient) -> None:
    tab = await live.desk(gulnar)
    await Call(live, "abandoned-in-queue").rest()
    assert (await tab.hears("pop_withdrawn"))["cause"] == "caller_gone"
    assert (await tab.hears("tasks"))["tasks"][0]["where"] == "queue"


async def test_a_desk_opened_while_it_rings_shows_the_ring(live: Live, gulnar: httpx.AsyncClient) -> None:
    call = Call(live)
    await call.until_before(DialEnded)
    tab = await live.desk(gulnar)
    assert tab.frames[0]["desk"]["pop"]["caller"]["number"]["masked"] == "139****0001"


async def test_the_newest_tab_takes_over(live: Live, gulnar: httpx.AsyncClient) -> None:
    first = await live.desk(gulnar)
    second = await live.desk(gulnar)
    await first.hears("replaced")
    assert await first.closed() == 4409
    await second.hears("heartbeat")
    assert second.code is None


async def test_signing_out_closes_the_desk(live: Live, gulnar: httpx.AsyncClient, liwei: httpx.AsyncClient) -> None:
    hers, his = await live.desk(gulnar), await live.desk(liwei)
    assert (await gulnar.post("/api/v1/auth/sign-out")).status_code == 204
    assert await hers.closed() == 4401
    beats = len(his.named("heartbeat"))
    await until(lambda: len(his.named("heartbeat")) > beats, "the other desk goes on")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"type": "launch"}',
        '{"type": "hello", "since": "x"}',
        '{"type": "hello", "admin": true}',
        '{"type": "pop_seen", "pop_id": "1"}',
        b"\x00\xff",
        '{"type": "alive", "x": "' + "x" * 17_000 + '"}',
        "[" * 10_000,
    ],
    ids=["empty", "half", "list", "unknown", "since", "extra", "no-id", "bytes", "oversize", "deep"],
)
async def test_frames_that_are_none_are_answered_and_the_fifth_closes(
    live: Live, gulnar: httpx.AsyncClient, text: str | bytes
) -> None:
    tab = await live.desk(gulnar)
    for _ in range(4):
        await tab.say(text)
    await until(lambda: len(tab.named("error")) == 4, "four answers")
    assert tab.named("error")[0] == {"type": "error", "code": "bad_message"}
    assert tab.code is None
    await tab.say(text)
    assert await tab.closed() == 1008
    assert len(tab.named("error")) == 5


async def test_the_figures_are_sent_when_they_change(live: Live, gulnar: httpx.AsyncClient) -> None:
    tab = await live.desk(gulnar)
    first = (await tab.hears("snapshot"))["desk"]["figures"]
    assert (first["signed_in"], first["answered_today"]) == (1, 0)
    await Call(live).rest()
    await tab.hears("figures", lambda frame: frame["figures"].get("my_answered_today") == 1)
    later: Frame = await tab.hears("figures", lambda frame: frame["figures"].get("answered_today") == 1)
    assert later["figures"]["service_level"] == {"within_seconds": 15, "good": 1, "of": 1}
    sent, beats = len(tab.named("figures")), len(tab.named("heartbeat"))
    await until(lambda: len(tab.named("heartbeat")) > beats + 3, "some time passes")
    assert len(tab.named("figures")) == sent, "nothing changed, nothing is sent"


async def test_all_that_waits_is_sent_before_a_desk_is_closed(live: Live, gulnar: httpx.AsyncClient) -> None:
    tab = await live.desk(gulnar)
    (client,) = live.service.app.state.desks.hub.connected()
    room = MOST_WAITING - client.waiting  # a heartbeat may be on its way
    for n in range(room + 1):
        client.put(json.dumps({"type": "last_word", "n": n}))
    assert await tab.closed() == 1013
    assert [frame["n"] for frame in tab.named("last_word")] == list(range(room))


async def test_a_browser_that_takes_no_last_words_is_waited_for_a_moment_only(
    live: Live, gulnar: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "LAST_WORDS_SECONDS", 0.05)
    tab = await live.desk(gulnar)
    hub = live.service.app.state.desks.hub

    async def taken_by_nobody(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(WebSocket, "send_text", taken_by_nobody)
    (client,) = hub.connected()
    client.put("{}")
    client.end(4409)
    assert await tab.closed() == 4409
    await until(lambda: len(hub) == 0, "the hub has forgotten it")


async def test_a_browser_that_cannot_be_written_to_is_not_read_from_either(
    live: Live, gulnar: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live.desk(gulnar)

    async def left(*_: object) -> None:
        raise WebSocketDisconnect(1006)

    monkeypatch.setattr(WebSocket, "send_text", left)
    hub = live.service.app.state.desks.hub
    await until(lambda: len(hub) == 0, "the next heartbeat finds out")


async def test_a_desk_takes_one_task_beside_the_web_servers_own_and_leaves_none(
    live: Live, gulnar: httpx.AsyncClient
) -> None:
    def tasks() -> int:
        coroutines: list[Any] = [task.get_coro() for task in asyncio.all_tasks()]
        return sum(one.cr_code.co_filename == routes.__file__ for one in coroutines)

    tab = await live.desk(gulnar)
    assert tasks() == 1
    await tab.close()
    await until(lambda: tasks() == 0, "it is gone")


async def test_many_desks_come_and_go(live: Live, gulnar: httpx.AsyncClient) -> None:
    for _ in range(5):
        tab = await live.desk(gulnar)
        await tab.close()
    hub = live.service.app.state.desks.hub
    await until(lambda: len(hub) == 0, "the hub has forgotten them")
    assert asyncio.get_running_loop().is_running()
