"""Whom we lost: which ends of a journey leave a task, and who owns it."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from callcenter.agents import repository as agents
from callcenter.auth.models import User, UserRole
from callcenter.auth.permissions import Role
from callcenter.calls import repository
from callcenter.calls.figures import beijing_midnight
from callcenter.calls.journeys import Journey
from callcenter.calls.states import Outcome
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.transactions import Transaction
from callcenter.tasks import lost_callers as tasks
from callcenter.tasks.lost_callers import Loss

UNSERVED = frozenset(
    {Outcome.ABANDONED, Outcome.IVR_HANGUP, Outcome.NO_AGENTS, Outcome.TIMEOUT, Outcome.FAILED, Outcome.IVR_DONE}
)
"""Ends without a person. `ivr_done` is here while the menus serve nobody by themselves."""


async def note_end(
    tx: Transaction,
    journey_id: uuid.UUID,
    journey: Journey,
    number: PhoneNumber | None,
    *,
    outcome: Outcome,
    within: timedelta,
) -> None:
    """An inbound journey is over: if nobody served the household, or it left a message, somebody owes it a call."""
    message = await repository.voicemail_of(tx.session, journey_id) if journey.voicemail_left else None
    if outcome is Outcome.ANSWERED:  # perhaps by a correction of an end that was told before
        await tasks.note_served(tx, journey_id)
    if outcome not in UNSERVED and message is None:
        return
    waits = journey.queue_visits
    await tasks.open_lost_caller(
        tx,
        Loss(
            journey_id=journey_id,
            number=number,
            lost_at=journey.ended_at or tx.now,
            where="queue" if waits else "menu",
            waited_seconds=round(sum(visit.wait_seconds for visit in waits)) if waits else None,
            steps=[{"node": step.node, "key": step.key} for step in journey.ivr_steps],
            calls_today=await _calls_today(tx, number),
            cause=(outcome if message is None else Outcome.VOICEMAIL).value,
            recording_id=message.id if message is not None else None,
        ),
        within=within,
        owner_candidates=await _owners(tx),
    )


async def reached(tx: Transaction, number: PhoneNumber | None, journey_id: uuid.UUID) -> None:
    """An agent talks with the household: what was owed is paid."""
    await tasks.note_reached(tx, number, journey_id=journey_id)


async def _calls_today(tx: Transaction, number: PhoneNumber | None) -> int:
    if number is None:
        return 1
    return await repository.calls_since(tx.session, number.full, beijing_midnight(tx.now))


async def _owners(tx: Transaction) -> list[uuid.UUID]:
    """Agents on duty; when nobody is, the supervisors: a lost caller always has an owner if there is staff."""
    on_duty = await agents.users_on_duty(tx.session)
    if on_duty:
        return on_duty
    supervisors = select(User.id).join(UserRole).where(UserRole.role == Role.SUPERVISOR, User.active)
    return list(await tx.session.scalars(supervisors.order_by(User.id)))
