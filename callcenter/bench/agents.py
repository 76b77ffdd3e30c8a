"""A throwaway deployment for benchmarks: an empty database, seats with people on duty, their sessions."""

import hashlib
import secrets
from datetime import timedelta
from pathlib import Path

import sqlalchemy

from callcenter.agents import presence, seats
from callcenter.agents.models import Agent
from callcenter.auth.models import Session, User, UserRole
from callcenter.auth.permissions import Role
from callcenter.foundation.clock import SystemClock
from callcenter.foundation.database import Database
from callcenter.foundation.ids import new_id, new_secret_id
from callcenter.foundation.schema import load_models, upgrade
from callcenter.foundation.transactions import Ledger, Transaction

FIRST_SEAT = 1001
QUEUE = "hotline-zh"


def database_file(folder: Path) -> Path:
    return folder / "callcenter.db"


def fresh_ledger(folder: Path, *, migrated: bool = False) -> Ledger:
    """A new database in `folder`; `migrated`: by the migrations, as a service expects it."""
    path = database_file(folder)
    if migrated:
        upgrade(f"sqlite:///{path}")
    else:
        engine = sqlalchemy.create_engine(f"sqlite:///{path}")
        load_models().create_all(engine)
        engine.dispose()
    return Ledger(Database(f"sqlite+aiosqlite:///{path}"), SystemClock())


async def make_agents(ledger: Ledger, count: int, *, first: int = FIRST_SEAT) -> dict[str, str]:
    """Seats `first` … with a person on duty at each; seat → cookie of a session. Nobody can sign in by password."""
    cookies = {}
    async with ledger.transaction() as tx:
        await seats.add_queue(tx, name=QUEUE, label="普通话", language="zh")
        for number in map(str, range(first, first + count)):
            user = _user(tx, number)
            await tx.session.flush()
            agent = await seats.add_agent(tx, number=number, name=number, user_id=user.id, queues={QUEUE: 0})
            cookies[number] = _session(tx, user)
            await _on_duty(tx, agent)
    return cookies


async def make_person(tx: Transaction, name: str, role: Role) -> str:
    """Somebody without a seat; the cookie of a session."""
    user = _user(tx, name, role)
    await tx.session.flush()
    return _session(tx, user)


def _user(tx: Transaction, name: str, role: Role = Role.AGENT) -> User:
    user = User(
        id=new_id(),
        username=f"agent{name}",
        display_name=name,
        password_hash="-",  # noqa: S106 - no password has this hash
        active=True,
        created_at=tx.now,
        roles=[UserRole(role=role)],
    )
    tx.session.add(user)
    return user


def _session(tx: Transaction, user: User) -> str:
    token = secrets.token_urlsafe(32)
    tx.session.add(
        Session(
            id=new_secret_id(),
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            user_id=user.id,
            created_at=tx.now,
            expires_at=tx.now + timedelta(hours=12),
            ended_at=None,
            origin="bench",
        )
    )
    return token


async def _on_duty(tx: Transaction, agent: Agent) -> None:
    await presence.sign_in(tx, agent, actor="bench")
    (await presence.get(tx, agent)).phone_registered = True
