"""Making users and changing their passwords and roles."""

import re

from sqlalchemy import select, update

from callcenter.auth import passwords
from callcenter.auth.models import Session, User, UserRole
from callcenter.auth.permissions import Role
from callcenter.foundation import audit
from callcenter.foundation.errors import Invalid, NotFound, Refused
from callcenter.foundation.ids import new_id
from callcenter.foundation.transactions import Ledger, Transaction

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")


def parse_roles(names: list[str]) -> frozenset[Role]:
    """Role names → roles; `Invalid("unknown_role")`."""
    for name in names:
        if name not in set(Role):
            raise Invalid("unknown_role", role=name)
    return frozenset(Role(name) for name in names)


async def add_user(
    ledger: Ledger, *, username: str, display_name: str, password: str, roles: frozenset[Role], actor: str
) -> User:
    """A new user. `Refused("user_exists")`, `Invalid("weak_password")`, `Invalid("invalid_input")`."""
    if not _USERNAME.fullmatch(username):
        raise Invalid("invalid_input", fields=["username"])
    hashed = await passwords.hash_password(password)
    async with ledger.transaction() as tx:
        if await tx.session.scalar(select(User.id).where(User.username == username)):
            raise Refused("user_exists", username=username)
        user = User(
            id=new_id(),
            username=username,
            display_name=display_name,
            password_hash=hashed,
            active=True,
            created_at=tx.now,
            roles=[UserRole(role=role) for role in sorted(roles)],
        )
        tx.session.add(user)
        audit.note(tx, actor=actor, action="user.added", subject=f"user:{user.id}", roles=sorted(roles))
        return user


async def set_password(ledger: Ledger, *, username: str, password: str, actor: str) -> None:
    """A new password; the user's sessions end."""
    hashed = await passwords.hash_password(password)
    async with ledger.transaction() as tx:
        user = await _get(tx, username)
        user.password_hash = hashed
        await tx.session.execute(
            update(Session).where(Session.user_id == user.id, Session.ended_at.is_(None)).values(ended_at=tx.now)
        )
        audit.note(tx, actor=actor, action="user.password_changed", subject=f"user:{user.id}")


async def set_roles(ledger: Ledger, *, username: str, roles: frozenset[Role], actor: str) -> None:
    async with ledger.transaction() as tx:
        user = await _get(tx, username)
        user.roles = [UserRole(role=role) for role in sorted(roles)]
        audit.note(tx, actor=actor, action="user.roles_changed", subject=f"user:{user.id}", roles=sorted(roles))


async def _get(tx: Transaction, username: str) -> User:
    user = await tx.session.scalar(select(User).where(User.username == username))
    if user is None:
        raise NotFound("user_not_found", username=username)
    return user
