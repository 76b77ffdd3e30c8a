"""What must hold of the ledger for every call that was accepted, whatever died meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from callcenter.calls import models as m
from callcenter.cli.machine import open_ledger
from callcenter.foundation.facts import FactRow
from callcenter.foundation.phone_numbers import normalise
from callcenter.foundation.settings import Settings
from callcenter.tasks.models import Task

SERVED = frozenset({"answered", "ivr_done"})


@dataclass
class Verdict:
    """Complaints in words, numbers masked; empty is what we want."""

    calls: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        self.calls += other.calls
        self.complaints += other.complaints
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count


@dataclass(frozen=True)
class Written:
    """What the ledger has under one number."""

    journeys: Sequence[m.JourneyRow]
    legs: Sequence[m.AgentLegRow]
    tasks: Sequence[Task]
    outcomes_told: int
    """`call.journey_ended` facts."""


async def read(settings: Settings, number: str) -> Written:
    full = normalise(number, area_code=settings.area_code)
    assert full is not None
    ledger = open_ledger(settings)
    try:
        async with ledger.reading() as session:
            found = select(m.JourneyRow).where(m.JourneyRow.number == full.full)
            journeys = [row for row in await session.scalars(found) if row.state not in ("merged", "discarded")]
            ids = [row.id for row in journeys]
            legs = (await session.scalars(select(m.AgentLegRow).where(m.AgentLegRow.journey_id.in_(ids)))).all()
            tasks = (await session.scalars(select(Task).where(Task.journey_id.in_(ids)))).all()
            subjects = [f"journey:{one}" for one in ids]
            ends = (
                await session.scalars(
                    select(FactRow.position).where(
                        FactRow.type == "call.journey_ended", FactRow.subject.in_(subjects)
                    )
                )
            ).all()
            return Written(journeys, legs, tasks, len(ends))
    finally:
        await ledger.database.close()


async def check(settings: Settings, numbers: Iterable[str]) -> Verdict:
    """For each number, that called once and was accepted: one journey with one outcome, and a task if unserved."""
    verdict = Verdict()
    for number in numbers:
        verdict.calls += 1
        written = await read(settings, number)
        complaint = _complaint(written)
        if complaint:
            verdict.complaints.append(f"…{number[-6:]}: {complaint}")
        for row in written.journeys:
            outcome = row.outcome or "open"
            verdict.outcomes[outcome] = verdict.outcomes.get(outcome, 0) + 1
    return verdict


def _complaint(written: Written) -> str:
    if len(written.journeys) != 1:
        return f"{len(written.journeys)} journeys"
    [journey] = written.journeys
    owned = [task for task in written.tasks if task.owner_id is not None]
    if len(written.tasks) > 1:
        return f"{len(written.tasks)} tasks"
    if journey.ended_at is None or journey.outcome is None:
        return "its journey is still open"
    if journey.outcome not in SERVED and not owned:
        return f"{journey.outcome}, and nobody owns it"
    if written.outcomes_told != 1:
        return f"its end was told {written.outcomes_told} times"
    if len({leg.line for leg in written.legs}) != len(written.legs):
        return "an agent's leg is there twice"
    return ""
