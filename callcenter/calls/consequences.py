"""What follows from a fact about a call, in the same transaction: pops, presence, recordings, lost callers.

Facts come from the PBX and never raise here; what no longer fits is ignored. Every handler may see its fact twice
(late corrections), so each first looks at what is there.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.agents.seat_book import SeatBook
from callcenter.agents.states import LineState
from callcenter.calls import facts as f
from callcenter.calls import lost_callers, notes, pops, recordings
from callcenter.calls.agent_lines import AgentLines
from callcenter.calls.journeys import Journey
from callcenter.calls.states import AttemptOutcome, Direction
from callcenter.calls.store import household_text
from callcenter.foundation.phone_numbers import PhoneNumber, normalise
from callcenter.foundation.transactions import Transaction

WITHDRAW_CAUSES = {
    AttemptOutcome.ANSWERED: "answered",
    AttemptOutcome.CANCELLED: "caller_gone",
    AttemptOutcome.NO_ANSWER: "timed_out",
    AttemptOutcome.BUSY: "rejected",
    AttemptOutcome.REJECTED: "rejected",
    AttemptOutcome.UNAVAILABLE: "timed_out",
}


@dataclass(frozen=True, slots=True)
class Context:
    """The journey a fact belongs to, as it is after the event that brought the fact."""

    journey_id: uuid.UUID
    journey: Journey
    area_code: str

    @property
    def number(self) -> PhoneNumber | None:
        """The household's number; None if withheld."""
        return normalise(household_text(self.journey), area_code=self.area_code)


class Consequences:
    """The table fact → what follows."""

    def __init__(self, *, wrap_up: timedelta, lost_caller_within: timedelta) -> None:
        self._lines = AgentLines(wrap_up)
        self._seats = SeatBook()
        self._lost_within = lost_caller_within
        self._table: dict[type[f.Fact], Callable[[Transaction, Context, f.Fact], Awaitable[None]]] = {
            f.JourneyStarted: self._started,
            f.RecordingStarted: self._recording,
            f.VoicemailLeft: self._voicemail,
            f.AgentRinging: self._ringing,
            f.RingEnded: self._ring_ended,
            f.AgentLegStarted: self._leg_started,
            f.AgentLegWentOn: self._leg_started,
            f.CallHeld: self._held,
            f.CallResumed: self._resumed,
            f.AgentLegEnded: self._leg_ended,
            f.ConsultEnded: self._consult_ended,
            f.JourneyEnded: self._ended,
        }

    async def follow(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        handler = self._table.get(type(fact))
        if handler is not None:
            await handler(tx, context, fact)

    async def _started(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        if context.journey.direction is not Direction.INTERNAL:
            await notes.link_only_household(tx, context.journey_id, context.number)

    async def _recording(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.RecordingStarted)
        await self._register(tx, context, fact.at, fact.uniqueid, voicemail=False)

    async def _voicemail(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.VoicemailLeft)
        await self._register(tx, context, fact.at, fact.uniqueid, voicemail=True)

    async def _register(
        self, tx: Transaction, context: Context, at: datetime, uniqueid: str, *, voicemail: bool
    ) -> None:
        journey_id, pbx = context.journey_id, context.journey.pbx
        await recordings.register(tx, journey_id=journey_id, pbx=pbx, uniqueid=uniqueid, at=at, voicemail=voicemail)

    async def _ringing(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.AgentRinging)
        seat = await self._seats.by_interface(tx.session, fact.agent)
        if seat is not None and await pops.make(tx, context.journey_id, seat.id, fact):
            await self._lines.rings(tx, seat, context.journey_id, fact.line)

    async def _ring_ended(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.RingEnded)
        await pops.withdraw(tx, context.journey_id, fact.line, self._cause(context, fact))
        seat = await self._seats.by_interface(tx.session, fact.agent)
        if seat is None:
            return
        if fact.outcome is not AttemptOutcome.ANSWERED:
            await self._lines.ring_over(tx, seat, fact.line)
        elif context.journey.is_open:  # with whom is told by the leg; a colleague who is consulted has none
            await self._lines.changes(tx, seat, context.journey_id, fact.line, LineState.TALKING)

    def _cause(self, context: Context, fact: f.RingEnded) -> str:
        rang_since = fact.at - timedelta(seconds=fact.rang_seconds)
        others = (a for a in context.journey.attempts if a.line != fact.line and a.outcome is AttemptOutcome.ANSWERED)
        if fact.outcome is AttemptOutcome.CANCELLED and any(a.ended_at and a.ended_at >= rang_since for a in others):
            return "answered_elsewhere"
        return WITHDRAW_CAUSES[fact.outcome]

    async def _leg_started(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.AgentLegStarted)
        await lost_callers.reached(tx, context.number, context.journey_id)
        seat = await self._seats.by_interface(tx.session, fact.agent)
        if seat is None or not any(leg.line == fact.line and leg.to_at is None for leg in context.journey.agent_legs):
            return  # nobody of ours, or a correction of a leg that is over
        await self._lines.joins(tx, seat, context.journey_id, fact.line)

    async def _held(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.CallHeld)
        await self._line(tx, context, fact.agent, fact.line, LineState.HOLD)

    async def _resumed(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.CallResumed)
        await self._line(tx, context, fact.agent, fact.line, LineState.TALKING)

    async def _line(self, tx: Transaction, context: Context, interface: str, line: str, state: LineState) -> None:
        seat = await self._seats.by_interface(tx.session, interface)
        if seat is not None:
            await self._lines.changes(tx, seat, context.journey_id, line, state)

    async def _leg_ended(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.AgentLegEnded)
        seat = await self._seats.by_interface(tx.session, fact.agent)
        if seat is not None:
            await self._lines.leg_over(tx, seat, context.journey, context.journey_id, fact.line)

    async def _consult_ended(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        await self._lines.consult_over(tx, context.journey, context.journey_id)

    async def _ended(self, tx: Transaction, context: Context, fact: f.Fact) -> None:
        assert isinstance(fact, f.JourneyEnded)
        await pops.withdraw_all(tx, context.journey_id, "caller_gone")
        await self._lines.journey_over(tx, context.journey, context.journey_id)
        if context.journey.direction is Direction.INBOUND:
            await lost_callers.note_end(
                tx,
                context.journey_id,
                context.journey,
                context.number,
                outcome=fact.outcome,
                within=self._lost_within,
            )
