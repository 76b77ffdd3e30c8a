"""From facts to messages: one table says which fact changes what on whose screen.

Facts arrive after their commit. Each message is built from the database as it is then, so that a late or doubled
fact can at worst repeat what is true.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import lazyload

from callcenter.agents import presence as presences
from callcenter.agents.events import PRESENCE_CHANGED
from callcenter.agents.models import Agent, Presence
from callcenter.calls import repository as calls
from callcenter.calls.models import ScreenPopRow
from callcenter.foundation import logs
from callcenter.foundation.clock import iso
from callcenter.foundation.facts import Recorded
from callcenter.foundation.transactions import Ledger
from callcenter.realtime import current_call, screen_pop
from callcenter.realtime.desk import DeskReader
from callcenter.realtime.hub import Hub
from callcenter.realtime.screen_pop import ScreenPops
from callcenter.tasks import views as tasks
from callcenter.work_orders.models import WorkOrder

Handler = Callable[[AsyncSession, Recorded], Awaitable[None]]

_CALL_FACTS = (
    "call.agent_leg_started",
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


def _id_in(subject: str) -> uuid.UUID:
    return uuid.UUID(subject.partition(":")[2])


class Broadcaster:
    """Owns the table and the loops that send."""

    def __init__(self, ledger: Ledger, hub: Hub, reader: DeskReader, pops: ScreenPops) -> None:
        self._ledger = ledger
        self._hub = hub
        self._reader = reader
        self._pops = pops
        self._facts: asyncio.Queue[Recorded] = asyncio.Queue()
        self._figures: dict[uuid.UUID, Any] = {}
        self._log = logs.get("broadcaster")
        self._table: dict[str, Handler] = {
            "call.agent_ringing": self._ringing,
            "call.ring_ended": self._ring_ended,
            PRESENCE_CHANGED: self._presence,
            "auth.signed_out": self._signed_out,
            **dict.fromkeys(_ORDER_FACTS, self._order),
            **dict.fromkeys(_CALL_FACTS, self._call),
            **dict.fromkeys(_TASK_FACTS, self._tasks),
        }

    def watch(self, recorded: list[Recorded]) -> None:
        """For `Ledger.watch`."""
        for one in recorded:
            if one.fact.type in self._table:
                self._facts.put_nowait(one)

    async def run(self) -> None:
        while True:
            one = await self._facts.get()
            try:
                async with self._ledger.reading() as session:
                    await self._table[one.fact.type](session, one)
            except Exception:
                # One message that cannot be built must not silence the rest; the next snapshot heals it.
                self._log.exception("message_not_built", fact=one.fact.type, position=one.position)

    async def _ringing(self, session: AsyncSession, one: Recorded) -> None:
        pop = await session.scalar(
            select(ScreenPopRow).where(
                ScreenPopRow.journey_id == _id_in(one.fact.subject), ScreenPopRow.line == one.fact.data["line"]
            )
        )
        if pop is not None and pop.withdrawn_at is None:
            await self._send_pop(session, pop, one.position)

    async def _send_pop(self, session: AsyncSession, pop: ScreenPopRow, position: int) -> None:
        if not self._hub.of_agent(pop.agent_id):
            return
        card = await screen_pop.build(session, pop)
        message = {"type": "pop", "position": position, "pop": card.model_dump(mode="json")}
        if self._hub.to_agent(pop.agent_id, message):
            await self._pops.sent(pop.id, in_full=card.caller.number.full is not None)

    async def _ring_ended(self, session: AsyncSession, one: Recorded) -> None:
        pop = await session.scalar(
            select(ScreenPopRow).where(
                ScreenPopRow.journey_id == _id_in(one.fact.subject), ScreenPopRow.line == one.fact.data["line"]
            )
        )
        if pop is not None:
            message = {"type": "pop_withdrawn", "position": one.position, "pop_id": pop.id, "cause": pop.cause}
            self._hub.to_agent(pop.agent_id, message)

    async def _presence(self, session: AsyncSession, one: Recorded) -> None:
        agent = await session.get(Agent, _id_in(one.fact.subject))
        presence = await session.get(Presence, agent.id) if agent else None
        if agent is None or presence is None:
            return
        shown = presences.describe(presence)
        self._hub.to_agent(agent.id, {"type": "presence", "position": one.position, "presence": shown})
        await self._send_call(session, agent, presence, one.position)

    async def _call(self, session: AsyncSession, one: Recorded) -> None:
        await self._to_desks_of(session, _id_in(one.fact.subject), one.position)

    async def _to_desks_of(self, session: AsyncSession, journey_id: uuid.UUID, position: int) -> None:
        rows = await session.execute(
            select(Agent, Presence)
            .join(Presence, Presence.agent_id == Agent.id)
            .where(Presence.journey_id == journey_id)
        )
        for agent, presence in rows:
            await self._send_call(session, agent, presence, position)

    async def _send_call(self, session: AsyncSession, agent: Agent, presence: Presence, position: int) -> None:
        if self._hub.of_agent(agent.id):
            call = await current_call.read(session, agent, presence)
            body = call.model_dump(mode="json") if call else None
            self._hub.to_agent(agent.id, {"type": "call", "position": position, "call": body})

    async def _order(self, session: AsyncSession, one: Recorded) -> None:
        """An order of a call on somebody's desk was placed, or its receipt went out."""
        order_id = one.fact.data.get("order_id")
        order = await session.get(WorkOrder, uuid.UUID(order_id)) if order_id else None
        if order is not None and order.journey_id is not None:
            await self._to_desks_of(session, order.journey_id, one.position)

    async def _tasks(self, session: AsyncSession, one: Recorded) -> None:
        if not len(self._hub):
            return
        open_tasks = [task.model_dump(mode="json", by_alias=True) for task in await tasks.open_tasks(session)]
        message = {"type": "tasks", "position": one.position, "tasks": open_tasks}
        self._hub.where(lambda client: client.agent_id is not None, message)

    async def _signed_out(self, session: AsyncSession, one: Recorded) -> None:
        self._hub.end_session(str(one.fact.data["session"]))

    async def resend_pops(self, every_seconds: float = 1.0) -> None:
        """Until cancelled: what is not yet acknowledged is sent again."""
        while True:
            await asyncio.sleep(every_seconds)
            await self._guarded(self._resend)

    async def _resend(self) -> None:
        shown = self._hub.agents()
        if not shown:
            return
        async with self._ledger.reading() as session:
            for pop in await calls.unseen_pops(session, shown):
                await self._send_pop(session, pop, 0)

    async def send_figures(self, every_seconds: float = 2.0) -> None:
        """Until cancelled: the strip's figures to each desk, when they have changed."""
        while True:
            await asyncio.sleep(every_seconds)
            await self._guarded(self._changed_figures)

    async def _changed_figures(self) -> None:
        shown = self._hub.agents()
        if not shown:
            return
        async with self._ledger.reading() as session:
            day = await self._reader.day(session)
            wanted = select(Agent).where(Agent.id.in_(shown)).options(lazyload(Agent.queues))
            strips = {agent.id: day.of(agent) for agent in await session.scalars(wanted)}
        for agent_id, strip in strips.items():
            now_shown = strip.model_dump(mode="json")
            if self._figures.get(agent_id) != now_shown:
                self._figures[agent_id] = now_shown
                as_of = iso(self._ledger.clock.now())
                self._hub.to_agent(agent_id, {"type": "figures", "as_of": as_of, "figures": now_shown})

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
