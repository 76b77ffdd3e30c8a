"""Screen-pops: made at each ring of an agent's device, sent to that agent alone until seen or withdrawn."""

import uuid
from datetime import datetime

from prometheus_client import Histogram
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Agent, Queue
from callcenter.agents.queue_times import RING_SECONDS
from callcenter.calls import figures
from callcenter.calls import repository as calls
from callcenter.calls.models import QueueVisitRow, ScreenPopRow
from callcenter.foundation import audit
from callcenter.foundation.transactions import Ledger
from callcenter.realtime import caller_card, rights
from callcenter.realtime.messages import PopOut, Step

SENT = Histogram(
    "callcenter_pop_sent_seconds",
    "From the PBX's time of the ring to the pop's handing over to the socket.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
SEEN = Histogram(
    "callcenter_pop_seen_seconds",
    "From the PBX's time of the ring to the browser's acknowledgement.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
)


async def build(session: AsyncSession, pop: ScreenPopRow) -> PopOut:
    """The card of one ring, its number masked or not by the role of the agent it is for."""
    agent = await session.get_one(Agent, pop.agent_id)
    journey = await calls.get(session, pop.journey_id)
    caller = await caller_card.read(session, journey, reveal=await rights.sees_full_numbers(session, agent))
    steps = await calls.steps_of(session, journey.id)
    queue = await session.get(Queue, pop.queue)
    midnight = figures.beijing_midnight(pop.ringing_at)
    today = await calls.calls_since(session, journey.number, midnight) if journey.number else 1
    return PopOut(
        id=pop.id,
        journey_id=journey.id,
        ringing_at=pop.ringing_at,
        ring_seconds=queue.ring_seconds if queue else RING_SECONDS,
        queue=queue.label if queue else pop.queue,
        caller=caller,
        steps=[Step(node=step.node, key=step.key) for step in steps],
        queued_at=await _queued_at(session, journey.id),
        waited_seconds=pop.waited_seconds,
        calls_today=today,
        reason=caller_card.likely_reason(caller),
    )


async def _queued_at(session: AsyncSession, journey_id: uuid.UUID) -> datetime | None:
    visit = await session.get(QueueVisitRow, (journey_id, 0))
    return visit.joined_at if visit else None


class ScreenPops:
    """Notes when pops were sent and seen; the rows are the proof that an agent was shown a caller."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def sent(self, pop_id: uuid.UUID, *, at: datetime, in_full: bool) -> None:
        """The pop was handed to the agent's socket at `at`; a number shown `in_full` goes to the audit log."""
        async with self._ledger.transaction() as tx:
            pop = await tx.session.get(ScreenPopRow, pop_id)
            if pop is not None and pop.sent_at is None:
                pop.sent_at = at
                if in_full:
                    subject = f"journey:{pop.journey_id}"
                    audit.note(tx, actor=f"agent:{pop.agent_id}", action="number.shown_in_pop", subject=subject)
                SENT.observe((at - pop.ringing_at).total_seconds())

    async def seen(self, pop_id: uuid.UUID, agent_id: uuid.UUID) -> None:
        """The agent's browser shows it. A pop of somebody else's is ignored."""
        async with self._ledger.transaction() as tx:
            noted = await tx.session.execute(
                update(ScreenPopRow)
                .where(ScreenPopRow.id == pop_id, ScreenPopRow.agent_id == agent_id, ScreenPopRow.seen_at.is_(None))
                .values(seen_at=tx.now)
                .returning(ScreenPopRow.ringing_at)
            )
            ringing_at = noted.scalar_one_or_none()
            if ringing_at is not None:
                SEEN.observe((tx.now - ringing_at).total_seconds())
