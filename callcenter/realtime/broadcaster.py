"""From facts to messages: one table says which fact changes what on whose screen.

Facts arrive after their commit. Each message is built from the database as it is then, so that a late or doubled
fact can at worst repeat what is true. Hence all facts that wait are taken together: a desk is told once of what
several of them changed, pops go first, and a burst makes the messages fewer instead of later.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

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
from callcenter.realtime.strip_figures import COALESCE_SECONDS, StripFigures
from callcenter.tasks import views as tasks
from callcenter.work_orders.models import WorkOrder

T = TypeVar("T")

_RING, _RING_ENDED, _SIGNED_OUT = "call.agent_ringing", "call.ring_ended", "auth.signed_out"
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


_TOLD = frozenset((_RING, _RING_ENDED, PRESENCE_CHANGED, _SIGNED_OUT, *_CALL_FACTS, *_ORDER_FACTS, *_TASK_FACTS))


def _id_in(subject: str) -> uuid.UUID:
    return uuid.UUID(subject.partition(":")[2])


def _of(facts: list[Recorded], *types: str) -> list[Recorded]:
    return [one for one in facts if one.fact.type in types]


def _subjects(facts: list[Recorded], *types: str) -> list[uuid.UUID]:
    """Whom these facts are about, each once."""
    return list(dict.fromkeys(_id_in(one.fact.subject) for one in _of(facts, *types)))


async def _pop_of(session: AsyncSession, one: Recorded) -> ScreenPopRow | None:
    return await session.scalar(
        select(ScreenPopRow).where(
            ScreenPopRow.journey_id == _id_in(one.fact.subject), ScreenPopRow.line == one.fact.data["line"]
        )
    )


async def _agents_on(session: AsyncSession, journey_id: uuid.UUID) -> list[uuid.UUID]:
    return list(await session.scalars(select(Presence.agent_id).where(Presence.journey_id == journey_id)))


class Broadcaster:
    """Owns the table and the loops that send."""

    def __init__(self, ledger: Ledger, hub: Hub, reader: DeskReader, pops: ScreenPops) -> None:
        self._ledger = ledger
        self._hub = hub
        self._pops = pops
        self._facts: asyncio.Queue[list[Recorded]] = asyncio.Queue()
        self._strip = StripFigures(ledger, hub, reader)
        self._noting: set[asyncio.Task[None]] = set()
        self._log = logs.get("broadcaster")

    def watch(self, recorded: list[Recorded]) -> None:
        """For `Ledger.watch`."""
        self._strip.note(recorded)
        wanted = [one for one in recorded if one.fact.type in _TOLD]
        if wanted:
            self._facts.put_nowait(wanted)

    async def run(self) -> None:
        while True:
            facts = await self._facts.get()
            while not self._facts.empty():
                facts = facts + self._facts.get_nowait()
            await self._tell(facts)

    async def _tell(self, facts: list[Recorded]) -> None:
        """All messages that follow from these facts, each with the position of the last one."""
        position = facts[-1].position
        await self._each(_of(facts, _RING_ENDED), self._ring_ended, position)
        await self._each(_of(facts, _RING), self._ringing, position)
        changed = _subjects(facts, PRESENCE_CHANGED)
        await self._each(changed, self._presence, position)
        desks = dict.fromkeys(changed)

        async def find_desks(session: AsyncSession, journey_id: uuid.UUID, _: int) -> None:
            desks.update(dict.fromkeys(await _agents_on(session, journey_id)))

        async def find_desks_of_order(session: AsyncSession, one: Recorded, _: int) -> None:
            order_id = one.fact.data.get("order_id")
            order = await session.get(WorkOrder, uuid.UUID(order_id)) if order_id else None
            if order is not None and order.journey_id is not None:
                await find_desks(session, order.journey_id, position)

        await self._each(_subjects(facts, *_CALL_FACTS), find_desks, position)
        await self._each(_of(facts, *_ORDER_FACTS), find_desks_of_order, position)
        await self._each(list(desks), self._call, position)
        await self._each(_of(facts, *_TASK_FACTS)[-1:], self._tasks, position)
        for one in _of(facts, _SIGNED_OUT):
            self._hub.end_session(str(one.fact.data["session"]))

    async def _each(
        self, items: Iterable[T], build: Callable[[AsyncSession, T, int], Awaitable[None]], position: int
    ) -> None:
        for item in items:
            try:
                async with self._ledger.reading() as session:
                    await build(session, item, position)
            except Exception:
                # One message that cannot be built must not silence the rest; the next snapshot heals it.
                self._log.exception("message_not_built", what=build.__name__, position=position)

    async def _ringing(self, session: AsyncSession, one: Recorded, position: int) -> None:
        pop = await _pop_of(session, one)
        if pop is not None and pop.withdrawn_at is None:
            await self._send_pop(session, pop, position)

    async def _send_pop(self, session: AsyncSession, pop: ScreenPopRow, position: int) -> None:
        if not self._hub.of_agent(pop.agent_id):
            return
        card = await screen_pop.build(session, pop)
        message = {"type": "pop", "position": position, "pop": card.model_dump(mode="json")}
        if self._hub.to_agent(pop.agent_id, message):
            # Noted beside: the next pop does not wait for this one's line in the database.
            noting = asyncio.create_task(
                self._pops.sent(pop.id, at=self._ledger.clock.now(), in_full=card.caller.number.full is not None)
            )
            self._noting.add(noting)
            noting.add_done_callback(self._noting.discard)

    async def _ring_ended(self, session: AsyncSession, one: Recorded, position: int) -> None:
        pop = await _pop_of(session, one)
        if pop is not None:
            message = {"type": "pop_withdrawn", "position": position, "pop_id": pop.id, "cause": pop.cause}
            self._hub.to_agent(pop.agent_id, message)

    async def _presence(self, session: AsyncSession, agent_id: uuid.UUID, position: int) -> None:
        presence = await session.get(Presence, agent_id) if self._hub.of_agent(agent_id) else None
        if presence is not None:
            shown = presences.describe(presence)
            self._hub.to_agent(agent_id, {"type": "presence", "position": position, "presence": shown})

    async def _call(self, session: AsyncSession, agent_id: uuid.UUID, position: int) -> None:
        if not self._hub.of_agent(agent_id):
            return
        agent = await session.get(Agent, agent_id, options=[lazyload(Agent.queues)])
        presence = await session.get(Presence, agent_id)
        if agent is not None and presence is not None:
            call = await current_call.read(session, agent, presence)
            body = call.model_dump(mode="json") if call else None
            self._hub.to_agent(agent_id, {"type": "call", "position": position, "call": body})

    async def _tasks(self, session: AsyncSession, _: Recorded, position: int) -> None:
        if not len(self._hub):
            return
        open_tasks = [task.model_dump(mode="json", by_alias=True) for task in await tasks.open_tasks(session)]
        message = {"type": "tasks", "position": position, "tasks": open_tasks}
        self._hub.where(lambda client: client.agent_id is not None, message)

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
