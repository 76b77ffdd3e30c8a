"""The database goes while desks are open: what should have been told is told when it is back; pages come again."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from callcenter.auth.permissions import Role
from callcenter.calls.events import DialEnded
from callcenter.foundation.transactions import Ledger
from tests.integration.conftest import until
from tests.integration.realtime.conftest import Live
from tests.integration.realtime.test_desk_socket import Call

Asked = list[int]


@pytest.fixture
async def gulnar(live: Live) -> httpx.AsyncClient:
    return await live.service.signed_in("gulnar", Role.AGENT, seat="1001")


@pytest.fixture
def take_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Asked]:
    """Nothing can be looked up from then on; how often somebody tried."""

    def take() -> Asked:
        asked: Asked = []

        async def away(*_: object) -> None:
            asked.append(1)
            raise OperationalError("SELECT 1", {}, Exception("away"))

        monkeypatch.setattr(Ledger, "look", away)
        return asked

    return take


async def test_what_changed_meanwhile_is_told_when_the_database_is_back(
    live: Live, gulnar: httpx.AsyncClient, take_away: Callable[[], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await live.desk(gulnar)
    call = Call(live)
    await call.until_before(DialEnded)
    pop = (await tab.hears("pop"))["pop"]
    asked = take_away()
    await call.rest()
    await until(lambda: asked, "the broadcaster has tried")
    assert not tab.named("pop_withdrawn")
    monkeypatch.undo()
    assert (await tab.hears("pop_withdrawn"))["pop_id"] == pop["id"]
    assert await tab.hears("call", lambda frame: bool(frame["call"]) and frame["call"]["state"] == "ended")


async def test_a_page_that_cannot_be_let_in_is_told_to_come_again(
    live: Live, gulnar: httpx.AsyncClient, take_away: Callable[[], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away()
    tab = await live.open(gulnar)
    assert await tab.closed() == 1013
    monkeypatch.undo()
    assert (await live.desk(gulnar)).named("snapshot")


async def test_a_hello_that_cannot_be_answered_is_told_to_come_again(
    live: Live, gulnar: httpx.AsyncClient, take_away: Callable[[], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await live.open(gulnar)
    await until(lambda: len(live.service.app.state.desks.hub) == 1, "the page is in")
    take_away()
    await tab.say({"type": "hello", "tab": "t"})
    assert await tab.closed() == 1013
    monkeypatch.undo()
    assert (await live.desk(gulnar)).named("snapshot")
