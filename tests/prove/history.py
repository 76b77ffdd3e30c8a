"""The SIP side's own log against the ledger: nothing lost, nothing doubled, nothing executed twice, no ghosts."""

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.models import Presence
from callcenter.calls import models as m
from callcenter.calls.engine import LATE
from callcenter.cli.machine import open_ledger
from callcenter.foundation.facts import FactRow
from callcenter.foundation.phone_numbers import normalise
from callcenter.sms.models import SmsMessage
from callcenter.tasks.models import Task
from callcenter.tasks.states import TaskState
from callcenter.work_orders.models import WorkOrder
from tests.browser.stack import until
from tests.prove.centre import Centre
from tests.prove.desk_work import Saved
from tests.prove.standstills import Standstills
from tests.prove.witnesses import Caller, Ring, Telephones

SERVED = frozenset({"answered", "ivr_done"})
WITHIN = 1.0
"""Seconds by which ledger and SIP side may differ."""
SHORTEST_TALK = 0.5
"""A phone that was up for less may not have reached a bridge."""
WRAP_UP_PATIENCE = 15.0
GONE = ("merged", "discarded")
_SENT = re.compile(r'"reference": "([0-9a-f-]{36})"')


@dataclass
class Blur:
    """From when to when the PBX was not there to see (seconds since 1970), with what surrounds it."""

    began: float = 0.0
    ended: float = 0.0

    def covers(self, *moments: float) -> bool:
        return any(self.began - WITHIN <= moment <= self.ended + 2 * WITHIN for moment in moments)


class Findings(Protocol):
    calls: int
    outcomes: dict[str, int]
    lost: list[str]
    doubled: list[str]
    ghosts: list[str]
    differences: list[str]
    worst: dict[str, float]
    """Seconds by which ledger and SIP side differ most, by what."""


@dataclass
class Written:
    """What the ledger has under one number."""

    journeys: list[m.JourneyRow] = field(default_factory=list)
    legs: list[m.AgentLegRow] = field(default_factory=list)
    attempts: list[m.RingAttemptRow] = field(default_factory=list)
    pops: list[m.ScreenPopRow] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    """See `count_facts`."""


async def read(session: AsyncSession, number: str, area_code: str) -> Written:
    full = normalise(number, area_code=area_code)
    assert full is not None
    found = await session.scalars(select(m.JourneyRow).where(m.JourneyRow.number == full.full))
    journeys = [row for row in found if row.state not in GONE]
    ids = [row.id for row in journeys]

    async def rows(table: Any) -> list[Any]:
        return list(await session.scalars(select(table).where(table.journey_id.in_(ids))))

    subjects = [f"journey:{one}" for one in ids]
    told = await session.execute(
        select(FactRow.type, FactRow.pbx_at, FactRow.data)
        .where(FactRow.subject.in_(subjects))
        .order_by(FactRow.position)
    )
    return Written(
        journeys,
        await rows(m.AgentLegRow),
        await rows(m.RingAttemptRow),
        await rows(m.ScreenPopRow),
        await rows(Task),
        count_facts(told.tuples()),
    )


def count_facts(rows: Iterable[tuple[str, datetime | None, dict[str, Any]]]) -> Counter[str]:
    """How often each type was told: late news that corrects another counts only if it says the very same."""
    counts, words = Counter[str](), set[str]()
    for kind, at, data in rows:
        word = repr((kind, at, {name: value for name, value in sorted(data.items()) if name != LATE}))
        counts[kind] += LATE not in data or not counts[kind] or word in words
        words.add(word)
    return counts


async def compare(
    centre: Centre,
    callers: Sequence[Caller],
    phones: Telephones,
    saved: Sequence[Saved],
    blur: Blur | None,
    result: Findings,
    *,
    within: float = WITHIN,
    still: Standstills | None = None,
) -> None:
    """Adds to `result` what does not fit; `within`: seconds by which times may differ, besides those of `still`."""
    ledger = open_ledger(centre.settings)
    try:
        async with ledger.reading() as session:
            for caller in callers:
                written = await read(session, caller.number, centre.settings.area_code)
                rings = [ring for ring in phones.rings if ring.number == caller.number]
                judge(caller, written, rings, blur, result, within=within, still=still)
            await _orders(session, centre, saved, result)
            await _ghosts(session, result)
            await _phantoms(session, centre, result)
        await _agents_are_back(centre, result)
    finally:
        await ledger.database.close()


def judge(
    caller: Caller,
    written: Written,
    rings: Sequence[Ring],
    blur: Blur | None,
    result: Findings,
    *,
    within: float = WITHIN,
    still: Standstills | None = None,
) -> None:
    """One call: `rings` are those of his number at the agents' telephones."""
    name = f"…{caller.number[-7:]}"
    result.calls += caller.accepted
    for row in written.journeys:
        outcome = row.outcome or "open"
        result.outcomes[outcome] = result.outcomes.get(outcome, 0) + 1
    if len(written.journeys) > 1:
        result.doubled.append(f"{name}: {len(written.journeys)} journeys")
    if not written.journeys and caller.accepted and not (blur and blur.covers(caller.dialled_at)):
        result.lost.append(f"{name}: no journey")
    if len(written.journeys) != 1:
        return
    [journey] = written.journeys
    result.lost += [f"{name}: {one}" for one in _owed(journey, written, rings)]
    result.doubled += [f"{name}: {one}" for one in _doubled(written)]
    off = _Clock(within, blur, result.worst, still or Standstills())
    result.differences += [f"{name}: {one}" for one in _differences(caller, journey, written, rings, blur, off)]


def _owed(journey: m.JourneyRow, written: Written, rings: Sequence[Ring]) -> Iterable[str]:
    """One outcome; unserved, exactly one open task with an owner."""
    if journey.ended_at is None or journey.outcome is None:
        yield "its journey is still open"
        return
    owned = [task for task in written.tasks if task.owner_id is not None and task.state != TaskState.DONE]
    if journey.outcome not in SERVED and len(owned) != 1:
        yield f"{journey.outcome}, and {len(owned)} open tasks with an owner"
    talked = any(ring.talk_seconds > SHORTEST_TALK for ring in rings)
    if talked and journey.outcome != "answered" and not journey.estimated:
        yield f"an agent talked to him, and the ledger says {journey.outcome}"


def _doubled(written: Written) -> Iterable[str]:
    for kind in ("call.journey_started", "call.journey_ended"):
        if written.told[kind] > 1:
            yield f"{kind} was told {written.told[kind]} times"
    if len(written.tasks) > 1:
        yield f"{len(written.tasks)} tasks"
    for what, rows in (("leg", written.legs), ("ring", written.attempts), ("pop", written.pops)):
        lines = Counter(row.line for row in rows)
        if any(count > 1 for count in lines.values()):
            yield f"a {what} is there twice"
    if len(written.pops) > len(written.attempts):
        yield f"{len(written.pops)} pops for {len(written.attempts)} rings"


@dataclass
class _Clock:
    """Compares one moment as both sides have it."""

    within: float
    blur: Blur | None
    worst: dict[str, float]
    still: Standstills

    def __call__(self, what: str, ours: datetime | None, theirs: float) -> Iterable[str]:
        if ours is None or not theirs or (self.blur is not None and self.blur.covers(theirs, ours.timestamp())):
            return
        seconds = ours.timestamp() - theirs
        rest = abs(seconds) - self.still.between(ours.timestamp(), theirs)
        self.worst[what] = max(self.worst.get(what, 0.0), rest)
        if rest > self.within:
            yield f"{what} differs by {seconds:+.2f} s, {abs(seconds) - rest:.2f} s of it the machine stood still"


def _differences(
    caller: Caller,
    journey: m.JourneyRow,
    written: Written,
    rings: Sequence[Ring],
    blur: Blur | None,
    off: _Clock,
) -> Iterable[str]:
    seen = [ring for ring in rings if not (blur and blur.covers(ring.rang_at))]
    shown = [row for row in written.attempts if not (blur and blur.covers(row.ringing_at.timestamp()))]
    if Counter(f"PJSIP/{ring.seat}" for ring in seen) != Counter(row.agent for row in shown):
        yield f"{len(seen)} rings at telephones, {len(shown)} in the ledger"
    if journey.estimated:
        return
    yield from off("the begin", journey.started_at, caller.dialled_at)
    yield from off("the end", journey.ended_at, caller.ended_at)
    for ring in rings:
        attempt = _nearest(written.attempts, ring, "ringing_at", ring.rang_at)
        if attempt is not None:
            yield from off("a ring", attempt.ringing_at, ring.rang_at)
        leg = _nearest(written.legs, ring, "from_at", ring.answered_at) if ring.answered_at else None
        if leg is not None:
            yield from off("a leg's begin", leg.from_at, ring.answered_at)
            yield from off("a leg's end", leg.to_at, ring.ended_at)


def _nearest(rows: Sequence[Any], ring: Ring, column: str, at: float) -> Any:
    own = [row for row in rows if row.agent == f"PJSIP/{ring.seat}"]
    return min(own, key=lambda row: abs(getattr(row, column).timestamp() - at), default=None)


async def _orders(session: AsyncSession, centre: Centre, saved: Sequence[Saved], result: Findings) -> None:
    log = centre.stack.background.log_file
    sent = Counter(
        found[1]
        for name in centre.ports
        for found in _SENT.finditer(log(name).read_text("utf-8", "replace") if log(name).exists() else "")
    )
    for one in saved:
        name = f"order …{one.number[-7:]}"
        full = normalise(one.number, area_code=centre.settings.area_code)
        assert full is not None
        orders = list(await session.scalars(select(WorkOrder).where(WorkOrder.contact_number == full.full)))
        if one.refused:
            result.differences.append(f"{name}: refused ({one.refused})")
        if not one.order_id and not one.refused:
            result.lost.append(f"{name}: could not be saved in {one.tries} tries")
        if len(orders) > 1:
            result.doubled.append(f"{name}: {len(orders)} orders of one key")
        if one.order_id and uuid.UUID(one.order_id) not in [order.id for order in orders]:
            result.lost.append(f"{name}: was saved and is not there")
        for order in orders:
            texts = list(await session.scalars(select(SmsMessage).where(SmsMessage.order_id == order.id)))
            if len(texts) != 1:
                (result.doubled if texts else result.lost).append(f"{name}: {len(texts)} receipts")
            result.doubled += [
                f"{name}: its text went out {sent[str(t.id)]} times" for t in texts if sent[str(t.id)] > 1
            ]


_OPEN = (
    ("rings", m.RingAttemptRow, "ended_at"),
    ("legs", m.AgentLegRow, "to_at"),
    ("queue visits", m.QueueVisitRow, "left_at"),
    ("holds", m.HoldRow, "to_at"),
    ("pops", m.ScreenPopRow, "withdrawn_at"),
)


async def _ghosts(session: AsyncSession, result: Findings) -> None:
    """After the calls nothing may be going on, whoever's it is."""
    for what, table, column in _OPEN:
        left = await session.scalar(
            select(func.count())
            .select_from(table)
            .join(m.JourneyRow, m.JourneyRow.id == table.journey_id)
            .where(getattr(table, column).is_(None), m.JourneyRow.state.not_in(GONE))
        )
        if left:
            result.ghosts.append(f"{left} {what} without an end")
    busy = await session.scalar(select(func.count()).select_from(Presence).where(Presence.line != "free"))
    if busy:
        result.ghosts.append(f"{busy} agents' lines are busy with nobody")


async def _phantoms(session: AsyncSession, centre: Centre, result: Findings) -> None:
    """Households' calls that no household made. Numbers of the proof begin 1300 … 1399."""
    strange = await session.scalar(
        select(func.count()).where(
            m.JourneyRow.direction == "inbound",
            m.JourneyRow.state.not_in(GONE),
            m.JourneyRow.number.is_(None) | m.JourneyRow.number.not_like("+8613%"),
            m.JourneyRow.linkedid.not_like("seed%"),
        )
    )
    if strange:
        result.ghosts.append(f"{strange} journeys without a caller of ours")


async def _agents_are_back(centre: Centre, result: Findings) -> None:
    """The wrap-up of every seat is over: nobody is stuck."""
    try:
        await until("the agents are back", lambda: not centre.agents_away(), WRAP_UP_PATIENCE)
    except AssertionError:
        result.ghosts.append(f"agents are not back: {', '.join(centre.agents_away())}")
