"""A journey that cannot be written for a fault of ours is set aside; the others go on."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from callcenter.calls import consequences
from callcenter.calls.engine import CallEngine
from callcenter.calls.models import JourneyRow
from callcenter.foundation.facts import FactRow
from callcenter.foundation.transactions import Ledger
from tests.integration.calls.test_ledger_of_calls import staff, stream
from tests.integration.conftest import new_engine


async def test_one_bad_journey_does_not_stop_the_others(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await staff(ledger)
    engine = new_engine(ledger, "two-at-once")
    events = stream("two-at-once")
    bad = min(event.linkedid for event in events if hasattr(event, "linkedid") and event.linkedid)
    follow = consequences.Consequences.follow

    async def failing(self: Any, tx: Any, context: Any, fact: Any) -> None:
        if context.journey.linkedid == bad:
            raise KeyError("a fault of ours")
        await follow(self, tx, context, fact)

    monkeypatch.setattr(consequences.Consequences, "follow", failing)
    await engine.take(events)
    assert engine.unsaved == 0
    assert engine.set_aside >= 1
    async with ledger.reading() as session:
        rows = list(await session.scalars(select(JourneyRow)))
    assert bad not in {row.linkedid for row in rows}
    assert [row.outcome for row in rows if row.state == "ended"]


async def test_what_was_written_one_by_one_is_not_written_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch fails for a fault of ours, and the database goes away between the first journey and the second."""
    await staff(ledger)
    engine, save = new_engine(ledger, "two-at-once"), CallEngine._save
    failures = iter([KeyError("a fault of ours"), None, OperationalError("INSERT", None, RuntimeError("away"))])

    async def failing(self: Any, tx: Any, changes: Any) -> Any:
        if failure := next(failures, None):
            raise failure
        return await save(self, tx, changes)

    monkeypatch.setattr(CallEngine, "_save", failing)
    with pytest.raises(OperationalError):
        await engine.take(stream("two-at-once"))
    await engine.flush()
    async with ledger.reading() as session:
        started = select(FactRow.subject).where(FactRow.type == "call.journey_started")
        subjects = list(await session.scalars(started))
    assert len(subjects) == len(set(subjects)) == 2
