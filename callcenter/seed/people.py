"""The demo city's staff: seats, queues, and sign-ins with passwords made for this deployment alone."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from callcenter.agents import seats
from callcenter.auth import users
from callcenter.auth.models import User
from callcenter.auth.permissions import Role
from callcenter.foundation.transactions import Ledger

QUEUES = (("hotline-zh", "普通话", "zh"), ("hotline-ug", "维吾尔语", "ug"))


@dataclass(frozen=True, slots=True)
class Person:
    username: str
    name: str
    role: Role
    seat: str | None = None
    queues: tuple[str, ...] = ("hotline-zh",)


STAFF = (
    Person("1001", "古丽娜尔", Role.AGENT, "1001", ("hotline-zh", "hotline-ug")),
    Person("1002", "李伟", Role.AGENT, "1002"),
    Person("1003", "艾力", Role.AGENT, "1003", ("hotline-zh", "hotline-ug")),
    Person("1004", "周敏", Role.SUPERVISOR, "1004"),
    Person("2001", "陈浩", Role.DISPATCHER),
    Person("admin", "系统管理员", Role.ADMINISTRATOR),
)


async def seed_people(ledger: Ledger, sign_ins: Path) -> dict[str, str]:
    """Staff and seats, made if new; returns username → password, kept in `sign_ins` (owner-readable only)."""
    known = _read(sign_ins)
    async with ledger.transaction() as tx:
        for name, label, language in QUEUES:
            await seats.add_queue(tx, name=name, label=label, language=language)
    for person in STAFF:
        async with ledger.reading() as session:
            user = await session.scalar(select(User).where(User.username == person.username))
        if user is None:
            password = known.setdefault(person.username, secrets.token_urlsafe(9))
            user = await users.add_user(
                ledger,
                username=person.username,
                display_name=person.name,
                password=password,
                roles=frozenset({person.role}),
                actor="seed",
            )
        if person.seat is not None:
            async with ledger.transaction() as tx:
                await seats.add_agent(
                    tx,
                    number=person.seat,
                    name=person.name,
                    user_id=user.id,
                    queues=dict.fromkeys(person.queues, 0),
                )
    _keep(sign_ins, known)
    return known


def _read(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    return found


def _keep(path: Path, known: dict[str, str]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(known, indent=1))
