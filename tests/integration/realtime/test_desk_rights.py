"""Who may open a desk at all, and that a desk closes when its right to be open is gone, whatever it sends or not."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from callcenter.auth import sessions, users
from callcenter.auth.models import User
from callcenter.auth.permissions import PERMISSIONS, Permission, Role
from callcenter.foundation.ids import new_id
from callcenter.foundation.jobs import Jobs
from callcenter.realtime.desk_watch import PARTS, SILENT_SECONDS, DeskWatch
from callcenter.realtime.hub import Client, Hub
from tests.integration.conftest import Service, until
from tests.integration.realtime.conftest import Live

STILL_VALID = sessions.still_valid
OnAsked = Callable[[set[str]], None]


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    begun = Jobs(again_seconds=0.01)
    yield begun
    await begun.end()


@pytest.fixture
async def gulnar(live: Live, jobs: Jobs) -> httpx.AsyncClient:
    watch = DeskWatch(live.service.ledger, live.service.app.state.desks.hub)
    jobs.begin({"desk_rights": partial(watch.check_rights, 0.1)})
    return await live.service.signed_in("gulnar", Role.AGENT, seat="1001")


@pytest.fixture
def when_asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[OnAsked], None]:
    """Call that with the sessions whose rights are asked for, before they are."""

    def watch(on_asked: OnAsked) -> None:
        async def asked(session: Any, ledger: Any, ids: set[str]) -> Any:
            on_asked(ids)
            return await STILL_VALID(session, ledger, ids)

        monkeypatch.setattr(sessions, "still_valid", asked)

    return watch


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
    live: Live, gulnar: httpx.AsyncClient, jobs: Jobs, when_asked: Callable[[OnAsked], None]
) -> None:
    tab = await live.desk(gulnar)
    asked: list[set[str]] = []

    def away(ids: set[str]) -> None:
        asked.append(ids)
        raise OperationalError("SELECT 1", {}, Exception("away"))

    when_asked(away)
    await until(lambda: len(asked) > 3, "the rights were asked for several times")
    assert tab.code is None
    assert jobs.ok, "it is nobody's fault"
    beats = len(tab.named("heartbeat"))
    await until(lambda: len(tab.named("heartbeat")) > beats, "the desk goes on")


def many_desks(hub: Hub, stack: ExitStack) -> list[Client]:
    """Two a part, on sessions that never were."""
    ids = [new_id() for _ in range(2 * PARTS)]
    desks = [Client(id_, f"s{n}", None) for n, id_ in enumerate(ids)]
    for desk in desks:
        stack.enter_context(hub.attached(desk))
    return desks


async def test_the_desks_are_looked_at_by_and_by_each_once_a_round(
    service: Service, jobs: Jobs, when_asked: Callable[[OnAsked], None]
) -> None:
    hub, asked = Hub(), list[set[str]]()
    when_asked(asked.append)
    with ExitStack() as stack:
        desks = many_desks(hub, stack)
        jobs.begin({"desk_rights": partial(DeskWatch(service.ledger, hub).check_rights, 0.1)})
        await until(lambda: all(desk.over for desk in desks), "all were found to be on no session")
    assert {desk.close_code for desk in desks} == {4401}
    assert len(asked) > 1
    first_round = asked[: len({desk.user_id.int % PARTS for desk in desks})]
    assert Counter(id_ for ids in first_round for id_ in ids) == Counter(desk.session_id for desk in desks)


async def test_a_look_that_fails_by_our_fault_is_told_and_does_not_keep_the_others_from_theirs(
    service: Service, jobs: Jobs, when_asked: Callable[[OnAsked], None]
) -> None:
    def poisoned(ids: set[str]) -> None:
        if "s0" in ids:
            raise ValueError("poison")

    when_asked(poisoned)
    hub = Hub()
    with ExitStack() as stack:
        desks = many_desks(hub, stack)
        part = desks[0].user_id.int % PARTS
        jobs.begin({"desk_rights": partial(DeskWatch(service.ledger, hub).check_rights, 0.1)})
        others = [desk for desk in desks if desk.user_id.int % PARTS != part]
        await until(lambda: all(desk.over for desk in others) and jobs.faults, "all others were looked at")
        assert not desks[0].over
    assert not jobs.ok


async def test_a_session_is_valid_by_its_id_as_it_is_by_its_cookie(service: Service) -> None:
    browsers = {name: await service.signed_in(name, Role.AGENT) for name in ("gulnar", "liwei", "zhou", "chenhao")}
    tokens = {name: browser.cookies["cc_session"] for name, browser in browsers.items()}
    ledger = service.ledger

    async def by_cookie() -> dict[str, Any]:
        async with ledger.reading() as session:
            found = {name: await sessions.find(session, ledger, token) for name, token in tokens.items()}
        return {name: person for name, person in found.items() if person is not None}

    ids = {name: person.session_id for name, person in (await by_cookie()).items()}

    async def by_id() -> dict[str, Any]:
        valid = await ledger.look(lambda session: sessions.still_valid(session, ledger, [*ids.values(), "none"]))
        return {name: valid[id_] for name, id_ in ids.items() if id_ in valid}

    assert await by_id() == await by_cookie()
    assert len(await by_id()) == 4
    await browsers["gulnar"].post("/api/v1/auth/sign-out")
    async with ledger.transaction() as tx:
        await tx.session.execute(update(User).where(User.username == "liwei").values(active=False))
    await users.set_roles(ledger, username="zhou", roles=frozenset(), actor="user:admin")
    await users.set_roles(ledger, username="chenhao", roles=frozenset({Role.AGENT, Role.FINANCE}), actor="user:admin")
    assert await by_id() == await by_cookie()
    assert {name: person.roles for name, person in (await by_id()).items()} == {
        "zhou": frozenset(),
        "chenhao": {Role.AGENT, Role.FINANCE},
    }
    service.clock.advance(timedelta(hours=service.settings.session_hours))
    assert await by_id() == await by_cookie() == {}


async def test_a_desk_that_has_been_silent_for_too_long_is_closed_and_no_other(live: Live, jobs: Jobs) -> None:
    hub: Hub = live.service.app.state.desks.hub
    tabs = {}
    for name, seat in (("gulnar", "1001"), ("liwei", "1002")):
        tabs[name] = await live.desk(await live.service.signed_in(name, Role.AGENT, seat=seat))
    silent, talks = sorted(hub.connected(), key=lambda client: client.heard_at)
    for client in (silent, talks):
        client.heard_at -= SILENT_SECONDS + 1
    said_at = talks.heard_at
    await tabs["liwei"].say({"type": "alive"})
    await until(lambda: talks.heard_at > said_at, "its word has come")
    jobs.begin({"silent_desks": partial(DeskWatch(live.service.ledger, hub).end_silent, every_seconds=0.01)})
    assert await tabs["gulnar"].closed() == 1000
    beats = len(tabs["liwei"].named("heartbeat"))
    await until(lambda: len(tabs["liwei"].named("heartbeat")) > beats, "the other desk goes on")
    assert hub.connected() == [talks]
