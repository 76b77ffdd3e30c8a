"""Use cases: an agent's half-typed form survives a reload of the page."""

import json
import math
import re
import uuid
from typing import Any

from sqlalchemy import delete

from callcenter.foundation.errors import Invalid
from callcenter.foundation.transactions import Transaction
from callcenter.intakes.models import Draft

MOST_BYTES = 32 * 1024
MOST_DEPTH = 32
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL and halves of surrogate pairs: PostgreSQL cannot keep them, so they become U+FFFD."""


async def save(tx: Transaction, *, journey_id: uuid.UUID, user_id: uuid.UUID, form: dict[str, Any]) -> Draft:
    """Keep `form`, in place of what was kept before. `Invalid` if it is over 32 KiB or 32 levels deep."""
    storable = _storable(form, MOST_DEPTH)
    if len(json.dumps(storable, ensure_ascii=False).encode()) > MOST_BYTES:
        raise Invalid("draft_too_large", most_bytes=MOST_BYTES)
    draft = await tx.session.get(Draft, (journey_id, user_id))
    if draft is None:
        draft = Draft(journey_id=journey_id, user_id=user_id)
        tx.session.add(draft)
    draft.form, draft.saved_at = storable, tx.now
    await tx.session.flush()
    return draft


def _storable(value: Any, depth: int) -> Any:
    """What both databases keep as JSON; `Invalid` for nesting that no form has."""
    if depth == 0:
        raise Invalid("draft_too_large", most_bytes=MOST_BYTES)
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {_storable(key, depth): _storable(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner, depth - 1) for inner in value]
    return value


async def discard(tx: Transaction, *, journey_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """The form was saved as an order, or is not wanted any more."""
    await tx.session.execute(delete(Draft).where(Draft.journey_id == journey_id, Draft.user_id == user_id))
