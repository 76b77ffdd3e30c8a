"""Who may open a desk at all, and that a desk closes when its right to be open is gone, whatever it sends or not."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from callcenter.auth import users
from callcenter.auth.permissions import PERMISSIONS, Permission, Role
from callcenter.foundation.transactions import Ledger
from tests.integration.conftest import until
from tests.integration.realtime.conftest import Live


@pytest.fixture
async def gulnar(live: Live) -> httpx.AsyncClient:
    live.service.app.state.desks.check_seconds = 0.1
    return await live.service.signed_in("gulnar", Role.AGENT, seat="1001")


@pytest.mark.parametrize(
    "role", [role for role in Role if Permission.DESK_USE not in PERMISSIONS[role] and role is not Role.IVR]
)
async def test_a_role_without_a_desk_is_not_let_in(live: Live, role: Role) -> None:
    tab = await live.open(await live.service.signed_in("chenhao", role))
    assert await tab.closed() == 4403
    assert tab.frames == []


async def test_a_new_password_closes_the_desks_that_were_open_with_the_old_one(
    live: Live, gulnar: httpx.AsyncClient
) -> None:
    tab = await live.desk(gulnar)
    await users.set_password(live.service.ledger, username="gulnar", password="another long one", actor="user:admin")
    assert await tab.closed() == 4401


async def test_a_session_that_has_run_out_closes_even_a_page_that_says_nothing(
    live: Live, gulnar: httpx.AsyncClient
) -> None:
    tab = await live.open(gulnar)
    live.service.clock.advance(timedelta(hours=live.service.settings.session_hours))
    assert await tab.closed() == 4401


async def test_a_role_taken_away_closes_the_desk(live: Live, gulnar: httpx.AsyncClient) -> None:
    tab = await live.desk(gulnar)
    await users.set_roles(live.service.ledger, username="gulnar", roles=frozenset({Role.FINANCE}), actor="user:admin")
    assert await tab.closed() == 4401


async def test_a_desk_stays_open_while_the_database_is_away(
    live: Live, gulnar: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await live.desk(gulnar)
    asked: list[int] = []

    def away(*_: object) -> None:
        asked.append(1)
        raise OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr(Ledger, "reading", away)
    monkeypatch.setattr(Ledger, "look", away)
    await until(lambda: len(asked) > 20, "the rights were asked for several times")
    monkeypatch.undo()
    assert tab.code is None
    beats = len(tab.named("heartbeat"))
    await until(lambda: len(tab.named("heartbeat")) > beats, "the desk goes on")
