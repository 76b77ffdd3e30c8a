"""Showing a full number: its own act, allowed by role and moment, and written down (domain.md §4.10)."""

import uuid

from callcenter.agents import repository as agents
from callcenter.agents.models import Presence
from callcenter.agents.states import LineState, PersonState
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.calls import repository
from callcenter.foundation import audit
from callcenter.foundation.errors import NotFound, NotPermitted
from callcenter.foundation.transactions import Transaction


async def reveal(tx: Transaction, journey_id: uuid.UUID, person: SignedIn, *, origin: str) -> str:
    """The household's full number. `NotPermitted`, `NotFound("number_withheld")`."""
    row = await repository.get(tx.session, journey_id)
    if not person.may(Permission.NUMBERS_REVEAL):
        person.must(Permission.NUMBERS_REVEAL_DURING_CALL)
        seat = await agents.by_user(tx.session, person.user_id)
        presence = await tx.session.get(Presence, seat.id) if seat else None
        if presence is None or not _is_on_desk(presence, journey_id):
            raise NotPermitted
    if row.number is None:
        raise NotFound("number_withheld")
    audit.note(tx, actor=person.actor, action="number.revealed", subject=f"journey:{journey_id}", origin=origin)
    return row.number


def _is_on_desk(presence: Presence, journey_id: uuid.UUID) -> bool:
    """The call rings, runs or is wrapped up there now."""
    busy = presence.line != LineState.FREE or presence.person == PersonState.WRAP_UP
    return busy and presence.journey_id == journey_id
