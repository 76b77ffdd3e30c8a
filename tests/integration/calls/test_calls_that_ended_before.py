"""A call that the ledger has as ended stays as it is, whatever its lines, its rows or its consultation still say."""

import csv

from sqlalchemy import func, select

from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineEnded
from callcenter.calls.models import JourneyRow, RingAttemptRow
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import gap
from callcenter.telephony.ami_events import live_line
from callcenter.telephony.gap import Stretch
from tests.crashes.one_recording import event_of
from tests.crashes.pbx_cel import is_row, with_cel
from tests.crashes.pbx_truth import PbxTruth, cel_line
from tests.integration.calls.test_ledger_of_calls import check_books, staff
from tests.integration.conftest import new_engine
from tests.recorded_calls import messages


async def born_again(ledger: Ledger, name: str) -> CallEngine:
    engine = new_engine(ledger, name)
    await engine.load()
    return engine


async def kept(ledger: Ledger) -> list[tuple[str, str, str, int]]:
    """Each journey and how many telephones rang in it."""
    rings = select(func.count()).where(RingAttemptRow.journey_id == JourneyRow.id).scalar_subquery()
    columns = JourneyRow.linkedid, JourneyRow.direction, JourneyRow.outcome, rings
    async with ledger.reading() as session:
        return [tuple(row) for row in await session.execute(select(*columns))]


async def test_a_line_that_outlives_its_call_is_no_new_call(ledger: Ledger) -> None:
    """The household has hung up, the agent's line is still shown, and in that moment the service starts anew."""
    await staff(ledger)
    name, truth, events = "blind-transfer-ami", PbxTruth(), []
    for message in messages(name):
        truth.hear(message)
        if event := event_of(message):
            events.append(event)
            if isinstance(event, LineEnded) and event.uniqueid == event.linkedid:
                break
    await new_engine(ledger, name).take(events)
    before = await kept(ledger)
    assert [(direction, outcome, rings) for _, direction, outcome, rings in before] == [("inbound", "answered", 2)]
    lines = [line for row in truth.core_show_channels() if (line := live_line(row))]
    assert [line.linkedid for line in lines] == [before[0][0]]
    engine = await born_again(ledger, name)
    assert engine.agrees(lines, [], truth.now)
    await engine.mend(lines=lines, waits=[], at=truth.now, live=[line.uniqueid for line in lines])
    assert engine.open_count == 0
    assert await kept(ledger) == before
    await check_books(ledger)


async def test_a_consultation_of_an_ended_call_is_no_call_by_itself(ledger: Ledger) -> None:
    """Its rows have a name of their own; that it was a part of another call is known from the ledger alone."""
    await staff(ledger)
    name = "consult-then-back"
    stream = with_cel(messages(name))
    await new_engine(ledger, name).take([event for message in stream if (event := event_of(message))])
    before = await kept(ledger)
    rows = [tuple(row) for row in csv.reader(cel_line(message) for message in stream if is_row(message))]
    engine = await born_again(ledger, name)
    assert await gap.fill(engine, "a", Stretch(rows=rows)) == []
    assert await kept(ledger) == before
