"""The rows of screen-pops, as the engine writes them: made at a ring, withdrawn at its end."""

import uuid
from typing import Any

from sqlalchemy import bindparam, select, update

from callcenter.calls.facts import AgentRinging
from callcenter.calls.models import ScreenPopRow
from callcenter.foundation.ids import new_id
from callcenter.foundation.statements import insert_if_new, run, table_of
from callcenter.foundation.transactions import Transaction

_POPS = table_of(ScreenPopRow)
_OPEN = _POPS.c.withdrawn_at.is_(None)
_OF_JOURNEY = _POPS.c.journey_id == bindparam("_journey_id")
_OF_RING = _OF_JOURNEY & (_POPS.c.line == bindparam("_line"))
_MAKE = insert_if_new(_POPS, "id")
_FIND_OPEN = select(_POPS.c.id).where(_OF_RING, _OPEN)
_WITHDRAW = update(_POPS).where(_OF_RING, _OPEN)
_WITHDRAW_ALL = update(_POPS).where(_OF_JOURNEY, _OPEN)


async def make(tx: Transaction, journey_id: uuid.UUID, agent_id: uuid.UUID, ring: AgentRinging) -> bool:
    """The pop of this ring, if it has none. False if it has one that is withdrawn: the ring is over."""
    row: dict[str, Any] = {
        "id": new_id(),
        "journey_id": journey_id,
        "agent_id": agent_id,
        "line": ring.line,
        "channel": ring.channel,
        "queue": ring.queue,
        "waited_seconds": ring.waited_seconds,
        "ringing_at": ring.at,
        "made_at": tx.now,
        "sent_at": None,
        "seen_at": None,
        "withdrawn_at": None,
        "cause": None,
    }
    if await run(tx.session, _MAKE, row):
        return True
    return bool(await run(tx.session, _FIND_OPEN, {"_journey_id": journey_id, "_line": ring.line}))


async def withdraw(tx: Transaction, journey_id: uuid.UUID, line: str, cause: str) -> None:
    """That ring is over; the first cause stays."""
    which = {"_journey_id": journey_id, "_line": line}
    await run(tx.session, _WITHDRAW, {**which, "withdrawn_at": tx.now, "cause": cause})


async def withdraw_all(tx: Transaction, journey_id: uuid.UUID, cause: str) -> None:
    """The call is over, so nothing of it rings."""
    await run(tx.session, _WITHDRAW_ALL, {"_journey_id": journey_id, "withdrawn_at": tx.now, "cause": cause})
