"""What routes of every feature take from the running application."""

import unicodedata
from ipaddress import ip_address
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, field_validator
from starlette.requests import HTTPConnection

from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger


# `async`, though nothing is waited for: FastAPI runs a plain function in a thread, twice a request.
async def _ledger(connection: HTTPConnection) -> Ledger:
    return cast(Ledger, connection.app.state.ledger)


async def _settings(connection: HTTPConnection) -> Settings:
    return cast(Settings, connection.app.state.settings)


LedgerDep = Annotated[Ledger, Depends(_ledger)]
SettingsDep = Annotated[Settings, Depends(_settings)]


def without_controls(text: str) -> str:
    """Without control characters except line feeds, and without halves of surrogate pairs.

    PostgreSQL refuses NUL, screens obey the others, and no encoding takes a half.
    """
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))


class In(BaseModel):
    """Base of request bodies: an unknown field is an error, text is stripped and has no control characters."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return without_controls(value) if isinstance(value, str) else value


class Out(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(from_attributes=True)


def origin_of(request: Request) -> str:
    """The browser's address, for the audit log and for throttling.

    X-Forwarded-For is believed only of a trusted proxy, and of it the last hop: the rest anybody can write.
    """
    peer = request.client.host if request.client else "unknown"
    if peer not in cast(Settings, request.app.state.settings).trusted_proxies:
        return peer
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    try:
        return str(ip_address(forwarded))
    except ValueError:
        return peer
