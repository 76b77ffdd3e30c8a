"""Signing in and out; finding the person behind a cookie."""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.auth import passwords, throttling
from callcenter.auth.identity import SignedIn
from callcenter.auth.models import Session, User, UserRole
from callcenter.auth.permissions import Role
from callcenter.foundation import audit
from callcenter.foundation.errors import NotSignedIn
from callcenter.foundation.facts import Fact
from callcenter.foundation.ids import new_secret_id
from callcenter.foundation.statements import run, table_of
from callcenter.foundation.transactions import Ledger

_SESSIONS, _USERS, _ROLES = map(table_of, (Session, User, UserRole))
_VALID = (
    select(_SESSIONS.c.id, _USERS.c.id, _USERS.c.username, _USERS.c.display_name, _ROLES.c.role)
    .select_from(_SESSIONS)
    .join(_USERS, _USERS.c.id == _SESSIONS.c.user_id)
    .outerjoin(_ROLES, _ROLES.c.user_id == _USERS.c.id)
    .where(
        _SESSIONS.c.ended_at.is_(None),
        _SESSIONS.c.expires_at > bindparam("now"),
        _USERS.c.active == true(),
    )
)
"""Sessions that are not over, of people who are not shut out: the one place that says so. A row a role."""
_BY_TOKEN = _VALID.where(_SESSIONS.c.token_hash == bindparam("token_hash"))
_BY_IDS = _VALID.where(_SESSIONS.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class NewSession:
    person: SignedIn
    token: str


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def identify(user: User, session_id: str) -> SignedIn:
    return SignedIn(
        user_id=user.id,
        username=user.username,
        display_name=user.display_name,
        roles=frozenset(Role(row.role) for row in user.roles),
        session_id=session_id,
    )


async def sign_in(ledger: Ledger, *, username: str, password: str, origin: str, hours: int) -> NewSession:
    """A new session. `NotSignedIn("wrong_credentials")`, or `TooMany` after repeated failures."""
    name = username.strip().lower()[:60]
    async with ledger.transaction() as tx:
        await throttling.check(tx, username=name, origin=origin)
        attempt = throttling.note_attempt(tx, username=name, origin=origin)
        user = await tx.session.scalar(select(User).where(User.username == name, User.active))
    if not await passwords.verify(password, user.password_hash if user else None) or user is None:
        async with ledger.transaction() as tx:
            audit.note(tx, actor="anonymous", action="auth.sign_in_failed", subject=f"name:{name}", origin=origin)
        raise NotSignedIn("wrong_credentials")
    token = secrets.token_urlsafe(32)
    async with ledger.transaction() as tx:
        await throttling.forget(tx, username=name, attempt=attempt)
        row = Session(
            id=new_secret_id(),
            token_hash=_hash(token),
            user_id=user.id,
            created_at=tx.now,
            expires_at=tx.now + timedelta(hours=hours),
            origin=origin[:64],
        )
        tx.session.add(row)
        person = identify(user, row.id)
        audit.note(tx, actor=person.actor, action="auth.signed_in", subject=person.actor, origin=origin)
        tx.record(Fact("auth.signed_in", person.actor, {"session": row.id}, actor=person.actor))
    return NewSession(person, token)


async def sign_out(ledger: Ledger, person: SignedIn) -> None:
    async with ledger.transaction() as tx:
        await tx.session.execute(update(Session).where(Session.id == person.session_id).values(ended_at=tx.now))
        audit.note(tx, actor=person.actor, action="auth.signed_out", subject=person.actor)
        tx.record(Fact("auth.signed_out", person.actor, {"session": person.session_id}, actor=person.actor))


async def find(session: AsyncSession, ledger: Ledger, token: str) -> SignedIn | None:
    """The person behind a cookie, or None if the session is over or the user was shut out.

    Asked by each request: one query for columns, a row a role.
    """
    rows = await run(session, _BY_TOKEN, {"token_hash": _hash(token), "now": ledger.clock.now()})
    return next(iter(_people(rows)), None)


async def still_valid(session: AsyncSession, ledger: Ledger, ids: Collection[str]) -> dict[str, SignedIn]:
    """Of these sessions those that `find` would still find, with what their people may do now. One query for all."""
    rows = await run(session, _BY_IDS, {"ids": list(ids), "now": ledger.clock.now()})
    return {person.session_id: person for person in _people(rows)}


def _people(rows: Iterable[Any]) -> Iterable[SignedIn]:
    roles: dict[tuple[Any, ...], set[Role]] = {}
    for *person, role in rows:
        roles.setdefault(tuple(person), set()).update([Role(role)] if role is not None else [])
    for (session_id, user_id, username, display_name), held in roles.items():
        yield SignedIn(user_id, username, display_name, frozenset(held), session_id)
