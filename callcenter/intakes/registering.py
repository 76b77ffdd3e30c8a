"""Use case: note that somebody asked for something."""

import uuid

from callcenter.foundation.facts import Fact
from callcenter.foundation.transactions import Transaction
from callcenter.intakes.kinds import SETTLED_AT_ONCE, Channel, IntakeKind, IntakeState
from callcenter.intakes.models import Intake


async def register(
    tx: Transaction,
    *,
    intake_id: uuid.UUID,
    kind: IntakeKind,
    channel: Channel,
    actor: str,
    text: str,
    journey_id: uuid.UUID | None = None,
    customer_id: uuid.UUID | None = None,
) -> Intake:
    """A new intake under the given id, recorded as the fact `intake.registered`."""
    intake = Intake(
        id=intake_id,
        kind=kind,
        channel=channel,
        journey_id=journey_id,
        customer_id=customer_id,
        text=text,
        state=IntakeState.CLOSED if kind in SETTLED_AT_ONCE else IntakeState.ANSWERED,
        created_by=actor,
        created_at=tx.now,
    )
    tx.session.add(intake)
    await tx.session.flush()
    data = {"kind": kind.value, "channel": channel.value, "journey_id": str(journey_id) if journey_id else None}
    tx.record(Fact("intake.registered", f"intake:{intake.id}", data, actor))
    return intake
