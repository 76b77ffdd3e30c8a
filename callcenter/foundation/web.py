"""What routes of every feature take from the running application."""

from typing import Annotated, cast

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.requests import HTTPConnection

from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger


def _ledger(connection: HTTPConnection) -> Ledger:
    return cast(Ledger, connection.app.state.ledger)


def _settings(connection: HTTPConnection) -> Settings:
    return cast(Settings, connection.app.state.settings)


LedgerDep = Annotated[Ledger, Depends(_ledger)]
SettingsDep = Annotated[Settings, Depends(_settings)]


class In(BaseModel):
    """Base of request bodies: an unknown field is an error, text is stripped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Out(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(from_attributes=True)


def origin_of(request: Request) -> str:
    """The peer's address, for the audit log and for throttling. Forwarded headers are not trusted."""
    return request.client.host if request.client else "unknown"
