"""Screen-pops: made at each ring of an agent's device, sent to that agent alone until seen or withdrawn."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Histogram
from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.queue_times import RING_SECONDS
from callcenter.calls import repository as calls
from callcenter.calls.models import ScreenPopRow
from callcenter.foundation import audit, logs
from callcenter.foundation.statements import run, table_of
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.realtime import caller_card, ringing
from callcenter.realtime.caller_card import Contact
from callcenter.realtime.messages import PopOut, Step

TOGETHER_SECONDS = 0.05

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


async def build(session: AsyncSession, journey_id: uuid.UUID, line: str, at: datetime) -> "Shown | None":
    """The card of one ring, its number masked or not by the role of the agent it is for; None once it is withdrawn.

    `at`: the time of the ring or of now, for the day whose calls are counted.
    """
    ring = await ringing.read(session, journey_id, line, at)
    if ring is None or ring.withdrawn_at is not None:
        return None
    contact = Contact(journey_id, ring.number, ring.caller_name, ring.customer_id)
    caller = await caller_card.read(session, contact, reveal=ring.reveal)
    card = PopOut(
        id=ring.id,
        journey_id=journey_id,
        ringing_at=ring.ringing_at,
        ring_seconds=RING_SECONDS if ring.ring_seconds is None else ring.ring_seconds,
        queue=ring.label or ring.queue,
        caller=caller,
        steps=[Step(node=step.node, key=step.key) for step in await calls.steps_of(session, journey_id)],
        queued_at=ring.queued_at,
        waited_seconds=ring.waited_seconds,
        calls_today=ring.calls_today if ring.number else 1,
        reason=caller_card.likely_reason(caller),
    )
    return Shown(ring.agent_id, ring.seen_at is not None, card)


@dataclass(frozen=True, slots=True)
class Shown:
    """A card, whom it is for, and whether that agent's browser has shown it already."""

    agent_id: uuid.UUID
    seen: bool
    card: PopOut


_POPS = table_of(ScreenPopRow)
_NOTE_SENT = (
    update(_POPS)
    .where(_POPS.c.id == bindparam("pop_id"), _POPS.c.sent_at.is_(None))
    .values(sent_at=bindparam("at"))
    .returning(_POPS.c.ringing_at, _POPS.c.journey_id, _POPS.c.agent_id)
)
_NOTE_SEEN = (
    update(_POPS)
    .where(_POPS.c.id == bindparam("pop_id"), _POPS.c.agent_id == bindparam("agent"), _POPS.c.seen_at.is_(None))
    .values(seen_at=bindparam("at"))
    .returning(_POPS.c.ringing_at)
)


@dataclass(frozen=True, slots=True)
class _Sent:
    pop_id: uuid.UUID
    at: datetime
    in_full: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    pop_id: uuid.UUID
    agent_id: uuid.UUID
    at: datetime


class ScreenPops:
    """Notes when pops were sent and seen; the rows are the proof that an agent was shown a caller.

    They are written a moment later and together: nobody waits for them, and the one writer has rings to write.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._notes: list[_Sent | _Seen] = []
        self._writing: asyncio.Task[None] | None = None
        self._log = logs.get("screen_pops")

    def sent(self, pop_id: uuid.UUID, *, in_full: bool) -> None:
        """The pop was handed to the agent's socket; a number shown `in_full` goes to the audit log."""
        self._note(_Sent(pop_id, self._ledger.clock.now(), in_full))

    def seen(self, pop_id: uuid.UUID, agent_id: uuid.UUID) -> None:
        """The agent's browser shows it. A pop of somebody else's is ignored."""
        self._note(_Seen(pop_id, agent_id, self._ledger.clock.now()))

    def _note(self, note: _Sent | _Seen) -> None:
        self._notes.append(note)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        while self._notes:
            await asyncio.sleep(TOGETHER_SECONDS)
            notes, self._notes = self._notes, []
            try:
                await self._ledger.in_one_go(lambda tx, notes=notes: _write(tx, notes))  # type: ignore[misc]
            except Exception:
                # The database is away. A pop that is not noted as seen is sent again, and then seen again.
                self._log.exception("pops_not_noted", notes=len(notes))


async def _write(tx: Transaction, notes: Sequence[_Sent | _Seen]) -> None:
    for note in notes:
        if isinstance(note, _Seen):
            seen = {"pop_id": note.pop_id, "agent": note.agent_id, "at": note.at}
            for row in await run(tx.session, _NOTE_SEEN, seen):
                SEEN.observe((note.at - row.ringing_at).total_seconds())
            continue
        for row in await run(tx.session, _NOTE_SENT, {"pop_id": note.pop_id, "at": note.at}):
            SENT.observe((note.at - row.ringing_at).total_seconds())
            if note.in_full:
                subject = f"journey:{row.journey_id}"
                audit.note(tx, actor=f"agent:{row.agent_id}", action="number.shown_in_pop", subject=subject)
