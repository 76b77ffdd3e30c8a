"""What the PBX says of agents' telephones in a journey, brought to their presence: free, ringing, talking, hold.

An agent has left a conversation when no leg and no consultation of the journey holds him any more. Then he wraps up,
unless the result is noted or the call was one between colleagues. Late news of a line that is over changes nothing.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from callcenter.agents import presence
from callcenter.agents import repository as agents
from callcenter.agents.seat_book import AnySeat
from callcenter.agents.states import LineState, PersonState
from callcenter.calls import notes
from callcenter.calls.journeys import Journey
from callcenter.calls.states import Direction
from callcenter.foundation.transactions import Transaction

_IN_TALK = (LineState.TALKING, LineState.HOLD)


@dataclass(frozen=True, slots=True)
class AgentLines:
    """`wrap_up`: how long an agent may take to note what came of a call."""

    wrap_up: timedelta

    async def rings(self, tx: Transaction, agent: AnySeat, journey_id: uuid.UUID, line: str) -> None:
        await presence.line_changed(tx, agent, LineState.RINGING, journey_id=journey_id, channel_id=line)

    async def changes(
        self, tx: Transaction, agent: AnySeat, journey_id: uuid.UUID, line: str, state: LineState
    ) -> None:
        """Hold, resume, or the answer of a colleague who is consulted."""
        row = await presence.get(tx, agent)
        if row.channel_id == line:
            await presence.line_changed(tx, agent, state, journey_id=journey_id, channel_id=line)

    async def joins(self, tx: Transaction, agent: AnySeat, journey_id: uuid.UUID, line: str) -> None:
        """Agent and household hear each other. A wrap-up under way is cut short by it."""
        row = await presence.get(tx, agent)
        if row.person == PersonState.WRAP_UP:
            if row.journey_id not in (None, journey_id):
                await notes.not_given(tx, row.journey_id)
            await presence.back_in_talk(tx, agent)
        await presence.line_changed(tx, agent, LineState.TALKING, journey_id=journey_id, channel_id=line)

    async def ring_over(self, tx: Transaction, agent: AnySeat, line: str) -> None:
        """Not answered. What the agent chose while it rang is done now."""
        await self._free(tx, agent, line)
        await presence.do_as_chosen(tx, agent)

    async def leg_over(
        self, tx: Transaction, agent: AnySeat, journey: Journey, journey_id: uuid.UUID, line: str
    ) -> None:
        """The agent and the household hear each other no more; with a colleague he may still speak about it."""
        row = await presence.get(tx, agent)
        if row.channel_id == line and not _is_held(agent, journey):
            await self._leave(tx, agent, journey, journey_id)

    async def consult_over(self, tx: Transaction, journey: Journey, journey_id: uuid.UUID) -> None:
        """Whoever is neither with the household nor with a colleague any more has left: asker and asked alike."""
        for agent, row in await agents.on_journey(tx.session, journey_id):
            if row.line in _IN_TALK and not _is_held(agent, journey):
                await self._leave(tx, agent, journey, journey_id)

    async def journey_over(self, tx: Transaction, journey: Journey, journey_id: uuid.UUID) -> None:
        """Nobody is on a journey that has ended, whatever was not seen."""
        for agent, row in await agents.on_journey(tx.session, journey_id):
            if row.line != LineState.FREE:
                await self._leave(tx, agent, journey, journey_id)

    async def _leave(self, tx: Transaction, agent: AnySeat, journey: Journey, journey_id: uuid.UUID) -> None:
        row = await presence.get(tx, agent)
        await self._free(tx, agent, row.channel_id)
        spoke = any(agents.number_of(leg.agent) == agent.number for leg in journey.agent_legs)
        if not spoke or journey.direction is Direction.INTERNAL:
            await presence.do_as_chosen(tx, agent)
            return
        disposed = await notes.is_disposed(tx, journey_id)
        wrapping = await presence.call_ended(
            tx, agent, journey_id=journey_id, disposed=disposed, wrap_up=self.wrap_up
        )
        if not wrapping and not disposed:
            await notes.not_given(tx, journey_id)  # off duty, so nobody will be asked

    async def _free(self, tx: Transaction, agent: AnySeat, line: str | None) -> None:
        """The line is free again, unless the agent is by now on another one."""
        row = await presence.get(tx, agent)
        if row.channel_id in (line, None):
            await presence.line_changed(tx, agent, LineState.FREE, journey_id=None, channel_id=None)


def _is_held(agent: AnySeat, journey: Journey) -> bool:
    """Whether an open leg or an open consultation of the journey holds the agent, as the one who asks or is asked."""
    legs = (leg.agent for leg in journey.agent_legs if leg.to_at is None)
    consults = [consult for consult in journey.consults if consult.to_at is None]
    interfaces = [*legs, *(consult.agent for consult in consults)]
    asked = {consult.to for consult in consults}
    return agent.number in asked or any(agents.number_of(name) == agent.number for name in interfaces)
