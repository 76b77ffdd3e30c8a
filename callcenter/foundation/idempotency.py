"""Commands that create are carried out once per Idempotency-Key, however often they are sent."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base
from callcenter.foundation.errors import Invalid, Refused
from callcenter.foundation.transactions import Transaction


class IdempotencyRow(Base):
    __tablename__ = "idempotency_keys"

    actor: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


def fingerprint(request: dict[str, Any]) -> str:
    """A hash of a request body that ignores the order of its keys."""
    text = json.dumps(request, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def earlier_result(tx: Transaction, *, actor: str, key: str, request: dict[str, Any]) -> str | None:
    """The id made by the first use of `key`, or None at the first use.

    `Refused` if the key was used for another request, `Invalid` if it is no usable key.
    """
    if not 8 <= len(key) <= 80 or not key.isprintable():
        raise Invalid("idempotency_key_unusable")
    found = await tx.session.get(IdempotencyRow, (actor, key))
    if found is None:
        return None
    if found.request_hash != fingerprint(request):
        raise Refused("idempotency_mismatch")
    return found.result


def keep_result(tx: Transaction, *, actor: str, key: str, request: dict[str, Any], result: str) -> None:
    tx.session.add(IdempotencyRow(actor=actor, key=key, request_hash=fingerprint(request), result=result, at=tx.now))
