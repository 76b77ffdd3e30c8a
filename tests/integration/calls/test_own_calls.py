"""A call lends its household, number and recording only to those who had to do with it."""

import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from callcenter.auth.permissions import Role
from callcenter.calls.models import JourneyNote
from callcenter.foundation.ids import new_id
from callcenter.intakes.models import Draft, Intake
from tests.integration.calls.test_routes_of_calls import play
from tests.integration.conftest import Service


@pytest.fixture
async def journey(service: Service) -> str:
    """A call that 1001 talked in."""
    await service.signed_in("gulnar", Role.AGENT, seat="1001")
    return await play(service, "normal-agent-hangs-up")


async def place(browser: httpx.AsyncClient, journey_id: str) -> httpx.Response:
    form = {"journey_id": journey_id, "kind": "enquiry", "customer_name": "王秀兰", "remarks": "问价格"}
    return await browser.post("/api/v1/work-orders", json=form, headers={"Idempotency-Key": str(new_id())})


async def keep(browser: httpx.AsyncClient, journey_id: str) -> httpx.Response:
    return await browser.put(f"/api/v1/journeys/{journey_id}/draft", json={"form": {"remarks": "x"}})


async def count(service: Service, model: Any) -> int:
    async with service.ledger.reading() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_the_agent_of_the_call_and_those_who_see_all_calls_may_use_it(service: Service, journey: str) -> None:
    gulnar = await service.sign_in("gulnar")
    zhou = await service.signed_in("zhou", Role.SUPERVISOR)
    for browser in (gulnar, zhou):
        assert (await keep(browser, journey)).status_code == 200
        assert (await place(browser, journey)).status_code == 201
    async with service.ledger.reading() as session:
        note = await session.get_one(JourneyNote, uuid.UUID(journey))
        assert note.disposition == "intake_enquiry"


@pytest.mark.parametrize(
    ("role", "seat"),
    [(Role.AGENT, "1002"), (Role.AGENT, None), (Role.DISPATCHER, None)],
    ids=["another-agent", "no-seat", "dispatcher"],
)
async def test_to_anybody_else_the_call_does_not_exist(
    service: Service, journey: str, role: Role, seat: str | None
) -> None:
    other = await service.signed_in("liwei", role, seat=seat)
    foreign, unknown = await place(other, journey), await place(other, str(new_id()))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "journey_not_found")
    assert foreign.json() == unknown.json()
    if role is Role.AGENT:
        foreign, unknown = await keep(other, journey), await keep(other, str(new_id()))
        assert (foreign.status_code, foreign.json()["code"]) == (404, "journey_not_found")
        assert foreign.json() == unknown.json()
    assert (await count(service, Intake), await count(service, Draft)) == (0, 0)
    async with service.ledger.reading() as session:
        note = await session.get(JourneyNote, uuid.UUID(journey))
        assert note is None or note.disposition is None


async def test_even_a_supervisor_cannot_use_a_call_that_never_was(service: Service) -> None:
    zhou = await service.signed_in("zhou", Role.SUPERVISOR)
    for answer in (await place(zhou, str(new_id())), await keep(zhou, str(new_id()))):
        assert (answer.status_code, answer.json()["code"]) == (404, "journey_not_found")
    assert await count(service, Draft) == 0
