"""A call that was ended by a guess and taken for lost turns out to have been served: nobody is owed anything."""

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.calls.events import LineEvent
from callcenter.calls.models import JourneyRow
from callcenter.foundation.transactions import Ledger
from callcenter.tasks.models import Task
from tests.integration.calls.test_ledger_of_calls import check_books, staff, stream
from tests.integration.conftest import new_engine

NAME = "normal-agent-hangs-up"
CALLER = "13900000001"


def withheld(event: LineEvent) -> LineEvent:
    fields = {field.name for field in dataclasses.fields(event)} & {"caller_number", "number"}
    hidden = dict.fromkeys((name for name in fields if getattr(event, name) == CALLER), "")
    return dataclasses.replace(event, **hidden)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["shown", "withheld"])
async def test_a_task_for_a_call_that_was_served_is_closed_with_that_cause(ledger: Ledger, number: str) -> None:
    await staff(ledger)
    events = [withheld(event) if number == "withheld" else event for event in stream(NAME)]
    answer = next(n for n, event in enumerate(events) if type(event).__name__ == "DialEnded")
    engine = new_engine(ledger, NAME)
    await engine.take(events[:answer])
    await engine.mend(lines=[], waits=[], at=events[answer].at + timedelta(seconds=4), live=[])
    async with ledger.reading() as session:
        [lost] = await session.scalars(select(Task))
        [row] = await session.scalars(select(JourneyRow))
    assert (row.outcome, row.estimated, lost.state) == ("abandoned", True, "open")
    await engine.take(events[answer:])
    async with ledger.reading() as session:
        [task] = await session.scalars(select(Task))
        [row] = await session.scalars(select(JourneyRow))
    assert (row.outcome, row.estimated) == ("answered", False)
    assert (task.id, task.state, task.closing_fact) == (lost.id, "done", "was_served")
    await check_books(ledger)
