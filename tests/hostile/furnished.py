"""A service with something in it: the demo city, calls of every kind, and a session for each sort of person."""

import hashlib
import wave
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select

from callcenter.agents import seats
from callcenter.auth.dependencies import COOKIE
from callcenter.auth.models import Session, User, UserRole
from callcenter.auth.permissions import Role
from callcenter.calls.consequences import Consequences
from callcenter.calls.engine import CallEngine
from callcenter.calls.models import JourneyRow, RecordingRow
from callcenter.customers.models import Customer
from callcenter.foundation.ids import new_id
from callcenter.foundation.transactions import Ledger
from callcenter.seed.demo import seed_demo
from callcenter.tasks.models import Task
from callcenter.telephony.ami_events import translate
from callcenter.work_orders.models import WorkOrder
from tests.hostile.api import Person, Trial
from tests.recorded_calls import messages

ORIGIN = "http://desk.test"
MENU_TOKEN = "a-token-of-the-menus"
SEATS = {Role.AGENT: "1001", Role.SUPERVISOR: "1004", Role.FOLLOW_UP: "1003"}
PEOPLE = (
    Role.AGENT, Role.SUPERVISOR, Role.FOLLOW_UP, Role.DISPATCHER, Role.FINANCE, Role.ADMINISTRATOR, Role.FRANCHISEE,
)  # fmt: skip
CALLS = {"normal-caller-hangs-up": 1.0, "abandoned-in-queue": 1.0, "agent-rejects": 1.0, "hold-unhold": 0.6}
"""Recording → which part of it has happened so far; the last one is in the middle of a talk."""


async def furnish(app: FastAPI, monitor_dir: Path) -> Trial:
    """All that routes can be asked about, in the empty database of this app."""
    ledger: Ledger = app.state.ledger
    app.state.settings.ivr_token = SecretStr(MENU_TOKEN)
    app.state.monitor_dir = lambda pbx: monitor_dir
    await seed_demo(ledger)
    people = [Person("nobody", {}), Person("menus", {"Authorization": f"Bearer {MENU_TOKEN}"})]
    for role in PEOPLE:
        token = f"session-of-{role.value}"
        await _sign_in(ledger, role, token)
        people.append(Person(role.value, {"Cookie": f"{COOKIE}={token}"}))
    for name, part in CALLS.items():
        await _play(ledger, name, part)
    return Trial(app, people, await _ids(ledger, monitor_dir), ORIGIN)


async def _sign_in(ledger: Ledger, role: Role, token: str) -> None:
    async with ledger.transaction() as tx:
        user = User(
            id=new_id(), username=f"h-{role.value}", display_name=role.value, password_hash="-", active=True,
            created_at=tx.now, roles=[UserRole(role=role)],
        )  # fmt: skip
        tx.session.add(user)
        await tx.session.flush()
        tx.session.add(
            Session(
                id=new_id().hex,
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
                user_id=user.id,
                created_at=tx.now,
                expires_at=tx.now + timedelta(days=1),
                origin="test",
            )
        )
        if role in SEATS:
            await seats.add_queue(tx, name="hotline-zh", label="普通话", language="zh")
            number = SEATS[role]
            await seats.add_agent(tx, number=number, name=number, user_id=user.id, queues={"hotline-zh": 0})


async def _play(ledger: Ledger, name: str, part: float) -> None:
    events = [event for message in messages(name) if (event := translate(message, name))]
    outcome = Consequences(wrap_up=timedelta(seconds=90), lost_caller_within=timedelta(minutes=30))
    await CallEngine(ledger, name, outcome, area_code="0991").take(events[: round(len(events) * part)])


async def _ids(ledger: Ledger, monitor_dir: Path) -> dict[str, Sequence[str]]:
    async with ledger.reading() as session:
        orders = (await session.scalars(select(WorkOrder).limit(20))).all()
        recordings = (await session.scalars(select(RecordingRow))).all()
        found: dict[str, Sequence[str]] = {
            "journey_id": [str(one) for one in await session.scalars(select(JourneyRow.id))],
            "task_id": [str(one) for one in await session.scalars(select(Task.id))],
            "customer_id": [str(one) for one in await session.scalars(select(Customer.id).limit(5))],
            "order_id": [str(order.id) for order in orders],
            "id_or_number": [order.number for order in orders[:3]],
            "recording_id": [row.id for row in recordings],
        }
    for row in recordings:
        path = monitor_dir / row.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(1600))
    assert all(found.values()), found
    return found
