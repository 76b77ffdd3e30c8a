"""The whole desk of one agent, read in one go: the snapshot that every live message afterwards changes."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.models import Agent, Presence
from callcenter.agents.states import PAUSE_REASONS, LineState, PersonState
from callcenter.calls import figures, notes
from callcenter.calls import repository as calls
from callcenter.calls.figures import DayFigures
from callcenter.calls.schemas import AgentOut
from callcenter.foundation import facts
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger
from callcenter.realtime import current_call, screen_pop
from callcenter.realtime.messages import CodeOut, DeskOut, FiguresOut, LineOut, ServiceLevel, SharedFigures
from callcenter.tasks import views as tasks
from callcenter.work_orders.models import WorkOrder


class DeskReader:
    """Reads desks; writes nothing."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings

    async def desk(self, agent_id: uuid.UUID) -> DeskOut:
        """The agent's desk now. The position is read first: what comes later is sent again, never missed."""
        return await self._ledger.look(lambda session: self._read(session, agent_id))

    async def _read(self, session: AsyncSession, agent_id: uuid.UUID) -> DeskOut:
        position = await facts.last_position(session)
        now = self._ledger.clock.now()
        agent = await session.get_one(Agent, agent_id)
        presence = await _presence(session, agent, self._ledger)
        pop = await calls.open_pop(session, agent.id)
        shown = await screen_pop.build(session, pop.journey_id, pop.line, now) if pop else None
        return DeskOut(
            position=position,
            as_of=now,
            line=LineOut(number=self._settings.hotline_number, name=self._settings.hotline_name),
            seat=AgentOut(number=agent.number, name=agent.name),
            presence=presences.describe(presence),
            pop=shown.card if shown else None,
            call=await current_call.read(session, agent, presence),
            tasks=[task.model_dump(mode="json", by_alias=True) for task in await tasks.open_tasks(session)],
            figures=await self.figures(session, agent),
            dispositions=[CodeOut(code=c, label_key=f"disposition.{c}") for c in notes.DISPOSITIONS],
            pause_reasons=[CodeOut(code=c, label_key=f"pause.{c}") for c in PAUSE_REASONS],
        )

    async def figures(self, session: AsyncSession, agent: Agent) -> FiguresOut:
        """The strip's figures and the agent's own, since midnight in Beijing."""
        return (await self.day(session)).of(agent)

    async def day(self, session: AsyncSession) -> "Day":
        """What the strips of all desks are made of: four queries, however many desks there are."""
        now = self._ledger.clock.now()
        placed = await session.execute(
            select(WorkOrder.created_by, func.count())
            .where(WorkOrder.created_at >= figures.beijing_midnight(now))
            .group_by(WorkOrder.created_by)
        )
        ready, on_duty = await agents.staff_counts(session)
        return Day(
            today=await figures.of_today(session, now),
            ready=ready,
            on_duty=on_duty,
            taken=await figures.of_agents(session, now),
            placed={actor: count for actor, count in placed},
        )


@dataclass(frozen=True, slots=True)
class Day:
    """The day's counts: of all, by agent's number, and orders by who placed them."""

    today: DayFigures
    ready: int
    on_duty: int
    taken: dict[str, tuple[int, float]]
    placed: dict[str, int]

    def of(self, agent: Agent) -> FiguresOut:
        """One desk's strip, whole."""
        return FiguresOut.model_validate(self.shared().model_dump() | self.own(agent.number, agent.user_id))

    def shared(self) -> SharedFigures:
        """What is the same on all desks."""
        return SharedFigures(
            waiting=self.today.waiting,
            longest_wait_since=self.today.longest_wait_since,
            ready=self.ready,
            signed_in=self.on_duty,
            answered_today=self.today.answered,
            abandoned_today=self.today.abandoned,
            service_level=ServiceLevel(
                within_seconds=int(figures.WITHIN.total_seconds()), good=self.today.good, of=self.today.of
            ),
        )

    def own(self, number: str, user_id: uuid.UUID | None) -> dict[str, Any]:
        """The rest of `FiguresOut`: one agent's."""
        count, mean = self.taken.get(number, (0, None))
        return {
            "my_answered_today": count,
            "my_orders_today": self.placed.get(f"user:{user_id}", 0),
            "my_handle_seconds": mean,
        }


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
