"""What other features' routes ask of auth: the person behind the request, and a permission."""

import uuid
from collections.abc import Awaitable, Callable
from secrets import compare_digest
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from callcenter.auth import origins, sessions
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission, Role
from callcenter.foundation.errors import NotPermitted, NotSignedIn
from callcenter.foundation.settings import Settings
from callcenter.foundation.web import LedgerDep, SettingsDep

COOKIE = "cc_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_IVR_ID = uuid.UUID(int=1)


async def current_user(connection: HTTPConnection, ledger: LedgerDep, settings: SettingsDep) -> SignedIn:
    """The person behind the session cookie (or the IVR behind its token). `NotSignedIn`, `NotPermitted`."""
    bearer = connection.headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        return _program(bearer.removeprefix("Bearer "), settings)
    unsafe = connection.scope["type"] == "http" and connection.scope["method"] not in _SAFE
    if unsafe and not origins.is_ours(connection, settings, required=False):
        raise NotPermitted("foreign_origin")
    token = connection.cookies.get(COOKIE)
    if token:
        person = await ledger.look(lambda session: sessions.find(session, ledger, token))
        if person is not None:
            return person
    raise NotSignedIn


def _program(token: str, settings: Settings) -> SignedIn:
    secret = settings.ivr_token.get_secret_value() if settings.ivr_token else ""
    if secret and compare_digest(token.encode(), secret.encode()):
        return SignedIn(_IVR_ID, "ivr", "ivr", frozenset({Role.IVR}), "")
    raise NotSignedIn


CurrentUser = Annotated[SignedIn, Depends(current_user)]


def require(permission: Permission) -> Callable[[SignedIn], Awaitable[SignedIn]]:
    """A dependency that hands on the signed-in person if the roles allow `permission`."""

    async def check(person: CurrentUser) -> SignedIn:
        person.must(permission)
        return person

    return check
