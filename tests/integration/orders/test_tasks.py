"""Households that hung up before anybody answered."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from callcenter.auth.permissions import PERMISSIONS, Permission, Role, permissions_of
from callcenter.foundation.facts import FactRow
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.timers import TimerLoop
from callcenter.tasks import lost_callers
from callcenter.tasks.lost_callers import Loss
from callcenter.tasks.models import Task
from tests.integration.orders.conftest import CALLER, City

NUMBER = PhoneNumber(CALLER)
WITHIN = timedelta(minutes=30)


async def lose(city: City, number: PhoneNumber | None = NUMBER, *, owners: tuple[uuid.UUID, ...] = ()) -> Task:
    loss = Loss(
        journey_id=new_id(),
        number=number,
        lost_at=city.clock.at,
        where="queue",
        waited_seconds=41,
        steps=[{"node": "main_menu", "key": "1"}],
        calls_today=2,
    )
    async with city.ledger.transaction() as tx:
        return await lost_callers.open_lost_caller(tx, loss, within=WITHIN, owner_candidates=owners)


async def facts(city: City) -> list[str]:
    async with city.ledger.reading() as session:
        types = await session.scalars(
            select(FactRow.type).where(FactRow.type.startswith("task")).order_by(FactRow.position)
        )
        return list(types)


async def test_a_lost_caller_is_listed_with_all_an_agent_needs(city: City) -> None:
    order = await city.placed()
    task = await lose(city)
    (shown,) = (await city.client.get("/api/v1/tasks")).json()["items"]
    assert shown == {
        "id": str(task.id),
        "kind": "lost_caller",
        "due_at": "2026-11-23T02:54:00.000Z",
        "created_at": "2026-11-23T02:24:00.000Z",
        "state": "open",
        "owner": None,
        "number": {"masked": "138****6021", "full": None, "withheld": False},
        "customer": order["customer"],
        "journey_id": str(task.journey_id),
        "recording_id": None,
        "lost_at": "2026-11-23T02:24:00.000Z",
        "waited_seconds": 41,
        "where": "queue",
        "steps": [{"node": "main_menu", "key": "1"}],
        "calls_today": 2,
        "open_orders": 1,
        "attempts": [],
        "note": None,
    }


async def test_a_second_loss_within_half_an_hour_is_the_same_task(city: City) -> None:
    first = await lose(city)
    city.clock.advance(timedelta(minutes=20))
    second = await lose(city)
    assert second.id == first.id
    assert second.journey_id != first.journey_id
    assert second.due_at == first.due_at
    city.clock.advance(timedelta(minutes=15))
    assert (await lose(city)).id != first.id


async def leave_message(city: City, recording: str) -> Task:
    loss = Loss(
        journey_id=new_id(),
        number=NUMBER,
        lost_at=city.clock.at,
        where="queue",
        cause="voicemail",
        recording_id=recording,
    )
    async with city.ledger.transaction() as tx:
        return await lost_callers.open_lost_caller(tx, loss, within=WITHIN)


async def test_a_message_joins_the_task_of_a_loss_and_is_kept_through_later_ones(city: City) -> None:
    first = await lose(city)
    message = await leave_message(city, "first")
    assert (message.id, message.kind, message.recording_id) == (first.id, "voicemail", "first")
    later = await lose(city)
    assert (later.id, later.kind, later.recording_id) == (first.id, "voicemail", "first")


async def test_a_second_message_is_a_second_task_since_both_must_be_heard(city: City) -> None:
    first, second = await leave_message(city, "first"), await leave_message(city, "second")
    assert first.id != second.id
    assert {first.recording_id, second.recording_id} == {"first", "second"}


async def test_an_end_told_twice_makes_no_second_task(city: City) -> None:
    for number in (NUMBER, None):
        loss = Loss(journey_id=new_id(), number=number, lost_at=city.clock.at, where="menu")
        async with city.ledger.transaction() as tx:
            task = await lost_callers.open_lost_caller(tx, loss, within=WITHIN)
        await city.client.post(f"/api/v1/tasks/{task.id}/close", json={"result": "reached"})
        async with city.ledger.transaction() as tx:
            assert (await lost_callers.open_lost_caller(tx, loss, within=WITHIN)).id == task.id
    assert (await city.client.get("/api/v1/tasks")).json()["items"] == []


async def test_withheld_numbers_have_one_task_a_call_and_cannot_be_called(city: City) -> None:
    first, second = await lose(city, None), await lose(city, None)
    assert first.id != second.id
    assert not first.callable
    assert (await city.client.get("/api/v1/tasks")).json()["items"][0]["number"]["withheld"] is True


async def test_a_night_loss_is_due_in_the_morning(city: City) -> None:
    city.clock.at = datetime.fromisoformat("2026-11-23T23:00:00+08:00")
    assert (await lose(city)).due_at == datetime.fromisoformat("2026-11-24T08:30:00+08:00")


async def test_the_least_busy_candidate_owns_the_task(city: City) -> None:
    anna, bora = await city.person(Role.AGENT), await city.person(Role.AGENT)
    owners = (anna.user_id, bora.user_id)
    tasks = [await lose(city, PhoneNumber(f"+86138998860{n}"), owners=owners) for n in (10, 11, 12)]
    assert [task.owner_id for task in tasks] == [anna.user_id, bora.user_id, anna.user_id]


async def test_a_task_is_claimed_tried_and_closed(city: City) -> None:
    url = f"/api/v1/tasks/{(await lose(city)).id}"
    claimed = (await city.client.post(f"{url}/claim")).json()
    assert (claimed["state"], claimed["owner"]["name"]) == ("claimed", "王芳")
    assert (await city.client.post(f"{url}/claim")).status_code == 200
    tried = (await city.client.post(f"{url}/close", json={"result": "not_reached", "note": "无人接听"})).json()
    assert (tried["state"], tried["note"]) == ("claimed", "无人接听")
    assert [(a["by"], a["result"]) for a in tried["attempts"]] == [("王芳", "not_reached")]
    done = (await city.client.post(f"{url}/close", json={"result": "reached"})).json()
    assert (done["state"], len(done["attempts"])) == ("done", 2)
    assert (await city.client.get("/api/v1/tasks")).json()["items"] == []
    assert [t["id"] for t in (await city.client.get("/api/v1/tasks?state=done")).json()["items"]] == [done["id"]]
    again = await city.client.post(f"{url}/close", json={"result": "reached"})
    assert (again.status_code, again.json()["code"]) == (409, "task_done")
    assert await facts(city) == ["task.opened", "task.claimed", "task.attempted", "task.closed"]


async def test_a_claimed_task_belongs_to_its_owner(city: City) -> None:
    url = f"/api/v1/tasks/{(await lose(city)).id}"
    await city.client.post(f"{url}/claim")
    city.sign_in(await city.person(Role.AGENT, name="李霞"))
    for answer in (
        await city.client.post(f"{url}/claim"),
        await city.client.post(f"{url}/close", json={"result": "reached"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "task_claimed")


async def test_a_household_that_gets_through_needs_no_call(city: City) -> None:
    await lose(city)
    async with city.ledger.transaction() as tx:
        assert await lost_callers.note_reached(tx, NUMBER, journey_id=new_id()) == 1
        assert await lost_callers.note_reached(tx, None, journey_id=new_id()) == 0
    assert (await city.client.get("/api/v1/tasks")).json()["items"] == []
    city.clock.advance(timedelta(hours=1))
    await TimerLoop(city.ledger, lost_callers.TIMER_HANDLERS).run_once()
    assert await facts(city) == ["task.opened", "task.closed"]


async def test_a_task_that_waits_too_long_is_overdue_once(city: City) -> None:
    await lose(city)
    loop = TimerLoop(city.ledger, lost_callers.TIMER_HANDLERS)
    for _ in range(3):
        city.clock.advance(timedelta(minutes=16))
        await loop.run_once()
    assert await facts(city) == ["task.opened", "task.overdue"]


@pytest.mark.parametrize(
    "body", [{}, {"result": "perhaps"}, {"result": "reached", "x": 1}, {"result": "reached", "note": "长" * 501}]
)
async def test_bad_results_change_nothing(city: City, body: dict[str, object]) -> None:
    url = f"/api/v1/tasks/{(await lose(city)).id}/close"
    assert (await city.client.post(url, json=body)).status_code == 422
    assert await facts(city) == ["task.opened"]


async def test_tasks_are_for_those_who_work_on_them(city: City) -> None:
    assert (await city.client.post(f"/api/v1/tasks/{new_id()}/claim")).json()["code"] == "task_not_found"
    city.sign_in(await city.person(Role.DISPATCHER))
    assert (await city.client.get("/api/v1/tasks")).status_code == 403


async def test_the_number_to_call_back_is_for_its_owner_whose_role_calls_back(
    city: City, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    task = await lose(city, owners=(city.agent.user_id,))
    url = f"/api/v1/tasks/{task.id}/reveal"
    answer = await city.client.post(url)
    assert (answer.status_code, answer.json()) == (200, {"number": CALLER})
    city.sign_in(await city.person(Role.AGENT))
    assert (await city.client.post(url)).json()["code"] == "not_permitted", "somebody else's task"
    city.sign_in(await city.person(Role.SUPERVISOR))
    assert (await city.client.post(url)).status_code == 200
    agents = PERMISSIONS[Role.AGENT] - {Permission.NUMBERS_REVEAL_OWED}
    monkeypatch.setitem(PERMISSIONS, Role.AGENT, agents)
    permissions_of.cache_clear()
    request.addfinalizer(permissions_of.cache_clear)
    owner = await city.person(Role.AGENT)
    async with city.ledger.transaction() as tx:
        (await tx.session.get_one(Task, task.id)).owner_id = owner.user_id
    city.sign_in(owner)
    refused = await city.client.post(url)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted"), "the table decides, not ownership"
