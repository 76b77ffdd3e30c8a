"""The whole desk of one agent, read in one go: the snapshot that every live message afterwards changes."""

import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.models import Agent, Presence
from callcenter.agents.states import PAUSE_REASONS, LineState, PersonState
from callcenter.auth.identity import SignedIn
from callcenter.calls import figures, notes
from callcenter.calls import repository as calls
from callcenter.calls.schemas import AgentOut
from callcenter.foundation import facts
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger
from callcenter.realtime import current_call, screen_pop
from callcenter.realtime.messages import CodeOut, DeskOut, FiguresOut, LineOut, ServiceLevel
from callcenter.tasks import views as tasks
from callcenter.work_orders.models import WorkOrder


class DeskReader:
    """Reads desks; writes nothing."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings

    async def desk(self, agent_id: uuid.UUID, person: SignedIn) -> DeskOut:
        """The agent's desk now. The position is read first: what comes later is sent again, never missed."""
        async with self._ledger.reading() as session:
            position = await facts.last_position(session)
            agent = await session.get_one(Agent, agent_id)
            presence = await _presence(session, agent, self._ledger)
            pop = await calls.open_pop(session, agent.id)
            return DeskOut(
                position=position,
                as_of=self._ledger.clock.now(),
                line=LineOut(number=self._settings.hotline_number, name=self._settings.hotline_name),
                seat=AgentOut(number=agent.number, name=agent.name),
                presence=presences.describe(presence),
                pop=await screen_pop.build(session, pop) if pop else None,
                call=await current_call.read(session, agent, presence),
                tasks=[task.model_dump(mode="json", by_alias=True) for task in await tasks.open_tasks(session)],
                figures=await self.figures(session, agent),
                dispositions=[CodeOut(code=c, label_key=f"disposition.{c}") for c in notes.DISPOSITIONS],
                pause_reasons=[CodeOut(code=c, label_key=f"pause.{c}") for c in PAUSE_REASONS],
            )

    async def figures(self, session: AsyncSession, agent: Agent) -> FiguresOut:
        """The strip's figures and the agent's own, since midnight in Beijing."""
        now = self._ledger.clock.now()
        today = await figures.of_today(session, now)
        staff = await agents.presences(session)
        mine, handle = await figures.of_agent(session, agent.interface, now)
        placed = 0
        if agent.user_id is not None:
            counted = await session.scalar(
                select(func.count())
                .select_from(WorkOrder)
                .where(
                    WorkOrder.created_by == f"user:{agent.user_id}",
                    WorkOrder.created_at >= figures.beijing_midnight(now),
                )
            )
            placed = counted or 0
        return FiguresOut(
            waiting=today.waiting,
            longest_wait_since=today.longest_wait_since,
            ready=sum(_takes_calls(p) for _, p in staff),
            signed_in=sum(p.person != PersonState.OFFLINE for _, p in staff),
            answered_today=today.answered,
            abandoned_today=today.abandoned,
            service_level=ServiceLevel(
                within_seconds=int(figures.WITHIN.total_seconds()), good=today.good, of=today.of
            ),
            my_answered_today=mine,
            my_orders_today=placed,
            my_handle_seconds=handle,
        )


def _takes_calls(presence: Presence) -> bool:
    return presence.person == PersonState.READY and presence.line == LineState.FREE and presence.phone_registered


async def _presence(session: AsyncSession, agent: Agent, ledger: Ledger) -> Presence:
    found = await session.get(Presence, agent.id)
    if found is not None:
        return found
    now = ledger.clock.now()
    return Presence(
        agent_id=agent.id,
        person=PersonState.OFFLINE,
        cause="never_signed_in",
        since=now,
        line=LineState.FREE,
        line_since=now,
        phone_registered=False,
    )
