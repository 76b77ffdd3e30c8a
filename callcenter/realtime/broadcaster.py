"""From facts to messages: one table says which fact changes what on whose screen.

Facts arrive after their commit. Each message is built from the database as it is then, so that a late or doubled
fact can at worst repeat what is true. Hence all facts that wait are taken together: a desk is told once of what
several of them changed, pops go first, and a burst makes the messages fewer instead of later.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import lazyload

from callcenter.agents import presence as presences
from callcenter.agents.events import PRESENCE_CHANGED
from callcenter.agents.models import Agent, Presence
from callcenter.calls import repository as calls
from callcenter.calls.models import ScreenPopRow
from callcenter.foundation import logs
from callcenter.foundation.clock import iso
from callcenter.foundation.database import DATABASE_AWAY
from callcenter.foundation.facts import Recorded
from callcenter.foundation.statements import run, table_of
from callcenter.foundation.transactions import Ledger
from callcenter.realtime import current_call, screen_pop
from callcenter.realtime.desk import DeskReader
from callcenter.realtime.hub import Hub, Message
from callcenter.realtime.screen_pop import ScreenPops
from callcenter.realtime.strip_figures import COALESCE_SECONDS, StripFigures
from callcenter.tasks import views as tasks
from callcenter.work_orders.models import WorkOrder

Told = tuple[uuid.UUID | None, Message]
"""Whom (None: all desks), and what but its position."""

_RING, _RING_ENDED, _SIGNED_OUT = "call.agent_ringing", "call.ring_ended", "auth.signed_out"
_CALL_FACTS = (
    "call.agent_leg_started",
    "call.agent_leg_went_on",
    "call.agent_leg_ended",
    "call.call_held",
    "call.call_resumed",
    "call.recording_started",
    "call.journey_ended",
    "journey.disposed",
    "journey.customer_set",
)
_ORDER_FACTS = ("work_order.confirmed", "work_order.receipt_changed")
_TASK_FACTS = ("task.opened", "task.claimed", "task.attempted", "task.closed", "task.overdue")


POP_AGAIN_AFTER = timedelta(seconds=1)
"""A pop that is not acknowledged for so long is sent again."""
DATABASE_AGAIN_SECONDS = 0.5
"""After so long a database that was away is asked again."""
_POPS = table_of(ScreenPopRow)
_WITHDRAWN = select(_POPS.c.agent_id, _POPS.c.id, _POPS.c.cause).where(
    _POPS.c.journey_id == bindparam("journey_id"), _POPS.c.line == bindparam("line")
)

_PRESENCES = table_of(Presence).c
_ON_JOURNEYS = select(_PRESENCES.agent_id).where(_PRESENCES.journey_id.in_(bindparam("journey_ids", expanding=True)))
_SEAT = (
    select(Agent, Presence)
    .join(Presence, Presence.agent_id == Agent.id)
    .where(Agent.id == bindparam("agent_id"))
    .options(lazyload(Agent.queues))
)

_TOLD = frozenset((_RING, _RING_ENDED, PRESENCE_CHANGED, _SIGNED_OUT, *_CALL_FACTS, *_ORDER_FACTS, *_TASK_FACTS))


def _id_in(subject: str) -> uuid.UUID:
    return uuid.UUID(subject.partition(":")[2])


def _of(facts: list[Recorded], *types: str) -> list[Recorded]:
    return [one for one in facts if one.fact.type in types]


async def _withdrawn(session: AsyncSession, journey_id: uuid.UUID, line: str) -> list[Told]:
    rows = await run(session, _WITHDRAWN, {"journey_id": journey_id, "line": line})
    return [
        (agent_id, {"type": "pop_withdrawn", "pop_id": pop_id, "cause": cause}) for agent_id, pop_id, cause in rows
    ]


async def _agents_on(session: AsyncSession, journeys: set[uuid.UUID], orders: set[uuid.UUID]) -> list[uuid.UUID]:
    """Whose desk shows one of these journeys, or one that one of these orders came of."""
    if orders:
        found = select(WorkOrder.journey_id).where(WorkOrder.id.in_(orders), WorkOrder.journey_id.is_not(None))
        journeys = journeys | {journey_id for journey_id in await session.scalars(found) if journey_id is not None}
    return [agent_id for (agent_id,) in await run(session, _ON_JOURNEYS, {"journey_ids": sorted(journeys)})]


@dataclass(slots=True)
class _Due:
    """What is still to be told. Rings go before everything else; desks once, however much of theirs has changed."""

    position: int = 0
    rings: list[Recorded] = field(default_factory=list)
    journeys: dict[uuid.UUID, None] = field(default_factory=dict)
    orders: dict[uuid.UUID, None] = field(default_factory=dict)
    desks: dict[uuid.UUID, bool] = field(default_factory=dict)
    """Whether the presence is to be told besides the call."""
    tasks: bool = False

    def take(self, facts: Iterable[Recorded]) -> None:
        for one in facts:
            self.position = one.position
            kind = one.fact.type
            if kind in (_RING, _RING_ENDED):
                self.rings.append(one)
            elif kind == PRESENCE_CHANGED:
                self.desks[_id_in(one.fact.subject)] = True
            elif kind in _CALL_FACTS:
                self.journeys[_id_in(one.fact.subject)] = None
            elif kind in _ORDER_FACTS:
                if order_id := one.fact.data.get("order_id"):
                    self.orders[uuid.UUID(order_id)] = None
            elif kind in _TASK_FACTS:
                self.tasks = True

    def __bool__(self) -> bool:
        return bool(self.rings or self.journeys or self.orders or self.desks or self.tasks)


class Broadcaster:
    """Owns the table and the loops that send."""

    def __init__(self, ledger: Ledger, hub: Hub, reader: DeskReader, pops: ScreenPops) -> None:
        self._ledger = ledger
        self._hub = hub
        self._pops = pops
        self._facts: asyncio.Queue[list[Recorded]] = asyncio.Queue()
        self._due = _Due()
        self._strip = StripFigures(ledger, hub, reader)
        self._log = logs.get("broadcaster")

    def watch(self, recorded: list[Recorded]) -> None:
        """For `Ledger.watch`."""
        self._strip.note(recorded)
        wanted = [one for one in recorded if one.fact.type in _TOLD]
        if _of(wanted, _RING):
            self._strip.hold()
        if wanted:
            self._facts.put_nowait(wanted)

    async def run(self) -> None:
        """Until cancelled. One step at a time, so that a ring waits for no more than one desk's message."""
        while True:
            while not self._facts.empty():
                self._take(self._facts.get_nowait())
            if not self._due.rings:
                self._strip.go_on()
            if self._due:
                await self._step(self._due)
            else:
                self._take(await self._facts.get())

    def _take(self, facts: list[Recorded]) -> None:
        self._due.take(facts)
        for one in _of(facts, _SIGNED_OUT):
            self._hub.end_session(str(one.fact.data["session"]))

    async def _step(self, due: _Due) -> None:
        """What is most urgent, with the position of the last fact: it is read after that fact's commit."""
        if due.rings:
            rings, due.rings = due.rings, []
            if not await self._tell(lambda session: self._tell_rings(session, rings)):
                due.rings = rings + due.rings
        elif due.journeys or due.orders or due.desks:
            await self._tell_desk(due)
        elif due.tasks:
            due.tasks = bool(len(self._hub)) and not await self._tell(self._tasks)

    async def _tell(self, build: Callable[[AsyncSession], Awaitable[list[Told]]]) -> bool:
        """Build in one go beside the loop, then send. False if the database is away: to be told again later."""
        position = self._due.position
        try:
            for agent_id, message in await self._ledger.look(build):
                self._send(agent_id, {**message, "position": position})
        except DATABASE_AWAY:
            await self._away()
            return False
        except Exception:
            # One message that cannot be built must not silence the rest; the next snapshot heals it.
            self._log.exception("message_not_built", position=position)
        return True

    async def _away(self) -> None:
        self._log.warning("database_away", exc_info=True)
        await asyncio.sleep(DATABASE_AGAIN_SECONDS)

    def _send(self, agent_id: uuid.UUID | None, message: Message) -> None:
        if agent_id is None:
            self._hub.where(lambda client: client.agent_id is not None, message)
        elif self._hub.to_agent(agent_id, message) and message["type"] == "pop":
            pop = message["pop"]
            self._pops.sent(uuid.UUID(pop["id"]), in_full=pop["caller"]["number"]["full"] is not None)

    async def _tell_desk(self, due: _Due) -> None:
        """One desk's message. Who shows what has changed is found in the same look at the database."""
        shown = self._hub.agents()
        due.desks = {agent_id: presence for agent_id, presence in due.desks.items() if agent_id in shown}
        journeys, orders, due.journeys, due.orders = due.journeys, due.orders, {}, {}
        desks, first = due.desks, next(iter(due.desks), None)
        found: list[uuid.UUID] = []

        async def build(session: AsyncSession) -> list[Told]:
            if shown and (journeys or orders):
                found.extend(one for one in await _agents_on(session, set(journeys), set(orders)) if one in shown)
            agent_id = first or next(iter(found), None)
            if agent_id is None:
                return []
            return await self._desk(session, agent_id, with_presence=desks.get(agent_id, False))

        if await self._tell(build):
            for agent_id in found:
                due.desks.setdefault(agent_id, False)  # behind those that wait already
            if (told := next(iter(due.desks), None)) is not None:
                del due.desks[told]
        else:
            due.journeys, due.orders = journeys | due.journeys, orders | due.orders

    async def _tell_rings(self, session: AsyncSession, rings: Iterable[Recorded]) -> list[Told]:
        told: list[Told] = []
        for one in rings:
            journey_id, line = _id_in(one.fact.subject), one.fact.data["line"]
            if one.fact.type == _RING:
                told += await self._pop(session, journey_id, line)
            else:
                told += await _withdrawn(session, journey_id, line)
        return told

    async def _pop(self, session: AsyncSession, journey_id: uuid.UUID, line: str) -> list[Told]:
        try:
            shown = await screen_pop.build(session, journey_id, line, self._ledger.clock.now())
        except SQLAlchemyError:
            raise
        except Exception:
            # A caller whose card cannot be made must not keep the other callers off the screens.
            self._log.exception("card_not_built", journey=str(journey_id))
            return []
        return [] if shown is None else [(shown.agent_id, {"type": "pop", "pop": shown.card.model_dump(mode="json")})]

    async def _desk(self, session: AsyncSession, agent_id: uuid.UUID, *, with_presence: bool) -> list[Told]:
        told: list[Told] = []
        rows = await session.execute(_SEAT, {"agent_id": agent_id})
        for agent, presence in rows:
            if with_presence:
                told.append((agent_id, {"type": "presence", "presence": presences.describe(presence)}))
            call = await current_call.read(session, agent, presence)
            told.append((agent_id, {"type": "call", "call": call.model_dump(mode="json") if call else None}))
        return told

    async def _tasks(self, session: AsyncSession) -> list[Told]:
        open_tasks = [task.model_dump(mode="json", by_alias=True) for task in await tasks.open_tasks(session)]
        return [(None, {"type": "tasks", "tasks": open_tasks})]

    async def resend_pops(self, every_seconds: float = 1.0) -> None:
        """Until cancelled: what is not yet acknowledged is sent again."""
        while True:
            await asyncio.sleep(every_seconds)
            await self._guarded(self._resend)

    async def _resend(self) -> None:
        shown = self._hub.agents()
        if not shown or self._due.rings:  # who is behind with the first cards makes no second ones
            return
        now = self._ledger.clock.now()

        async def build(session: AsyncSession) -> list[Told]:
            unseen = await calls.unseen_pops(session, shown, now - POP_AGAIN_AFTER, now)
            return [told for pop in unseen for told in await self._pop(session, pop.journey_id, pop.line)]

        for agent_id, message in await self._ledger.look(build):
            self._send(agent_id, {**message, "position": 0})

    async def send_figures(self, coalesce: float = COALESCE_SECONDS) -> None:
        """Until cancelled: the strip's figures to all desks, when they have changed."""
        await self._strip.run(coalesce)

    async def beat(self, every_seconds: float = 5.0) -> None:
        """Until cancelled: the sign of life that keeps screens from saying that they are stale."""
        while True:
            await asyncio.sleep(every_seconds)
            self._hub.to_all({"type": "heartbeat", "as_of": iso(self._ledger.clock.now())})

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:
            # The database may be away; screens are told by the missing heartbeat of figures, and it comes back.
            self._log.exception("loop_failed")
