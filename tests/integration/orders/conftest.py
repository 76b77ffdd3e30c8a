"""A city with zones, services and one agent at a desk, reached over HTTP with the real handlers behind it."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callcenter.auth.dependencies import current_user
from callcenter.auth.identity import SignedIn
from callcenter.auth.models import User
from callcenter.auth.permissions import Role
from callcenter.catalogue.routes import router as catalogue_router
from callcenter.foundation import problems
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.ids import new_id
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger
from callcenter.intakes.routes import router as intakes_router
from callcenter.seed.reference import seed_reference, zone_id
from callcenter.sms.receipts import receipts
from callcenter.tasks.routes import router as tasks_router
from callcenter.work_orders.ports import JourneyOrigin
from callcenter.work_orders.routes import router as work_orders_router
from callcenter.zones.routes import router as zones_router

CALLER = "+8613899886021"


@dataclass
class Journeys:
    """The calls the orders come from."""

    known: dict[uuid.UUID, JourneyOrigin] = field(default_factory=dict)

    def add(self, caller: str | None) -> str:
        journey_id = new_id()
        self.known[journey_id] = JourneyOrigin(journey_id, caller, recording_id="0" * 32)
        return str(journey_id)

    async def origin_of(self, journey_id: uuid.UUID, person: SignedIn) -> JourneyOrigin | None:
        return self.known.get(journey_id)

    async def may_use(self, journey_id: uuid.UUID, person: SignedIn) -> bool:
        return journey_id in self.known


@dataclass
class City:
    ledger: Ledger
    clock: FrozenClock
    client: httpx.AsyncClient
    journeys: Journeys
    agent: SignedIn
    acting: SignedIn

    def sign_in(self, person: SignedIn) -> None:
        self.acting = person

    async def person(self, *roles: Role, name: str = "李霞") -> SignedIn:
        """A new user with these roles."""
        user_id = new_id()
        async with self.ledger.transaction() as tx:
            tx.session.add(
                User(
                    id=user_id,
                    username=f"u{user_id.hex}",
                    display_name=name,
                    password_hash="-",
                    created_at=tx.now,
                )
            )
        return SignedIn(user_id, f"u{user_id.hex}", name, frozenset(roles), "")

    def form(self, **changes: Any) -> dict[str, Any]:
        """A complete form: a radiator leaks, somebody shall come tomorrow afternoon."""
        return {
            "journey_id": self.journeys.add(CALLER),
            "kind": "help",
            "customer_id": None,
            "customer_name": "王秀兰",
            "contact_name": "王秀兰",
            "contact_number": "caller",
            "item_code": "radiator-leak",
            "quantity": 1,
            "address_text": "天山区团结东路 318 号 5 号楼 2 单元 301",
            "zone_id": str(zone_id("tianshan-03-01")),
            "wanted": {"from": "2026-11-24T07:00:00.000Z", "to": "2026-11-24T08:00:00.000Z", "clock": "beijing"},
            "remarks": "门禁坏了",
            "price_agreed": True,
            "quoted_total_fen": 9000,
            "priority": None,
        } | changes

    async def place(self, form: dict[str, Any] | None = None, *, key: str | None = None) -> httpx.Response:
        return await self.client.post(
            "/api/v1/work-orders",
            json=self.form() if form is None else form,
            headers={"Idempotency-Key": str(new_id()) if key is None else key},
        )

    async def placed(self, **changes: Any) -> dict[str, Any]:
        """The order of a form that must go through."""
        answer = await self.place(self.form(**changes))
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()["order"]
        return order


@pytest.fixture
async def city(ledger: Ledger, clock: FrozenClock) -> AsyncIterator[City]:
    await seed_reference(ledger)
    app = FastAPI()
    problems.install(app)
    for router in (zones_router, catalogue_router, intakes_router, work_orders_router, tasks_router):
        app.include_router(router)
    journeys = Journeys()
    app.state.ledger, app.state.settings = ledger, Settings()
    app.state.journey_origins = app.state.journey_access = journeys
    ledger.within("work_order.confirmed", receipts("96365"))
    transport = httpx.ASGITransport(app)
    nobody = SignedIn(uuid.UUID(int=0), "", "", frozenset(), "")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        made = City(ledger, clock, client, journeys, nobody, nobody)
        app.dependency_overrides[current_user] = lambda: made.acting
        made.agent = made.acting = await made.person(Role.AGENT, name="王芳")
        yield made
