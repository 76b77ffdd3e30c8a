"""The only writer of journeys: takes line events of one PBX in order, one transaction per batch.

Open journeys live in memory (`Switchboard`). A batch that cannot be written (the database is away) is kept and
written with the next: nothing the PBX said is lost while this process lives, and recovery finds the rest.
"""

import asyncio
import dataclasses
import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from callcenter.calls import facts as call_facts
from callcenter.calls import live_comparison
from callcenter.calls.consequences import Consequences, Context
from callcenter.calls.events import LineEvent, OnLine
from callcenter.calls.known_calls import REMEMBERED_NAMES
from callcenter.calls.live_lines import LiveLine, LiveWait
from callcenter.calls.repairs import Repair, repairs_of
from callcenter.calls.store import JourneyStore
from callcenter.calls.switchboard import SAME_NEWS, Change, Switchboard
from callcenter.foundation import facts, logs
from callcenter.foundation.clock import iso
from callcenter.foundation.database import DATABASE_AWAY
from callcenter.foundation.leases import LostLease
from callcenter.foundation.phone_numbers import mask_written
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.foundation.waiting import to_its_end

LATER = (*DATABASE_AWAY, OSError, LostLease)
"""Failures that pass by themselves: the same batch is tried again. With the lease another process has the PBX; then
what we have not written is thrown away by the next `load`, and that process's recovery finds it."""

LINGERING = timedelta(hours=12)
"""A call that ended so recently may still have a line: an agent who talks on after the household has gone."""

LATE = "late"
"""In a fact's data: it came after news of later moments, and corrects one of its kind that was told before."""

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")
_PERSONAL = frozenset({"caller", "dialled", "to"})
_NAME = "caller_name"


def fact_type(fact: call_facts.Fact) -> str:
    """`AgentRinging` → `call.agent_ringing`."""
    return "call." + _WORDS.sub("_", type(fact).__name__).lower()


def _json(name: str, value: Any, area_code: str) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Enum):
        return value.value
    if name in _PERSONAL and isinstance(value, str):
        return mask_written(value, area_code=area_code)
    if name == _NAME and isinstance(value, str):
        return logs.mask_numbers(value)  # carriers put the number there too
    return value


def fact_data(fact: call_facts.Fact, area_code: str) -> dict[str, Any]:
    """What the ledger keeps of a fact about a call; numbers masked, local ones completed by `area_code`."""
    return {
        field.name: _json(field.name, getattr(fact, field.name), area_code)
        for field in dataclasses.fields(fact)
        if field.name != "at"
    }


class CallEngine:
    """See the module's text. Not safe for concurrent use: one consumer owns it."""

    def __init__(self, ledger: Ledger, pbx: str, consequences: Consequences, *, area_code: str) -> None:
        self._ledger = ledger
        self._pbx = pbx
        self._consequences = consequences
        self._area_code = area_code
        self._store = JourneyStore(pbx, area_code)
        self._board = Switchboard(pbx)
        self._unsaved: list[Change] = []
        self._log = logs.get("call_engine")
        self.set_aside = 0
        """Batches of single journeys that could not be written for a fault of ours."""

    @property
    def open_count(self) -> int:
        return len(self._board.open_journeys())

    @property
    def unsaved(self) -> int:
        return len(self._unsaved)

    async def load(self) -> None:
        """Take up the journeys that are open in the ledger; what this process believed before is forgotten."""
        self._store, self._unsaved = JourneyStore(self._pbx, self._area_code), []
        async with self._ledger.reading() as session:
            memories = await self._store.load_open(session)
            over = await self._store.load_ended(session, self._ledger.clock.now() - LINGERING, REMEMBERED_NAMES)
        self._board = Switchboard.restore_journeys(self._pbx, memories, over)

    async def take(self, events: Sequence[LineEvent]) -> None:
        """One batch of events, in order."""
        touched: dict[str, LineEvent] = {}
        for event in events:
            self._unsaved.extend(self._board.apply(event))
            if (journey := self._board.journey_of(event)) is not None:
                touched[journey.linkedid] = event
        self._unsaved.extend(self._remembered(touched.values()))
        await self.flush()

    async def fill(self, events: Sequence[OnLine]) -> None:
        """What a second source tells of a time when we did not listen; what is known already is left out."""
        await self.take([event for event in events if not self._board.knows(event)])

    def agrees(self, lines: Iterable[LiveLine], waits: Iterable[LiveWait], at: datetime) -> bool:
        """Whether what the PBX showed at `at` is what we believe."""
        return live_comparison.agrees(self._board, lines, waits, at)

    def knows(self, event: OnLine, within: timedelta = SAME_NEWS) -> bool:
        """Whether the same was told of that line within that time."""
        return self._board.knows(event, within)

    async def finished_among(self, names: Collection[str], since: datetime) -> set[str]:
        """Those of these names of calls and of ringing lines whose journeys ended then or later, says the ledger."""
        async with self._ledger.reading() as session:
            return await self._store.finished_among(session, names, since)

    def knows_line(self, uniqueid: str) -> bool:
        """Whether a call in memory has this line."""
        return self._board.has_line(uniqueid)

    def _remembered(self, touched: Iterable[LineEvent]) -> list[Change]:
        """Open journeys as they are now: an event without a fact must survive a restart like any other."""
        journeys = (self._board.journey_of(event) for event in touched)
        return [Change(journey, ()) for journey in journeys if journey is not None and journey.is_open]

    async def mend(
        self,
        *,
        lines: Iterable[LiveLine],
        waits: Iterable[LiveWait],
        at: datetime,
        live: Collection[str],
        spared: timedelta | None = None,
    ) -> list[Repair]:
        """Make the picture agree with what the PBX shows at `at`; what had to be mended. `spared`: `end_missing`."""
        waiting = list(waits)
        changes = live_comparison.end_missing(self._board, live, at, spared=spared)
        changes += live_comparison.adopt(self._board, lines, waiting, at)
        left = live_comparison.leave_missing(self._board, waiting, at)
        self._unsaved.extend([*changes, *left])
        await self.flush()
        return repairs_of(changes, left)

    async def flush(self) -> None:
        """Write what is not yet written; a cancellation waits until it is, so that nothing is written twice."""
        await to_its_end(asyncio.ensure_future(self._flush()))

    async def _flush(self) -> None:
        changes = [change for change in self._unsaved if change.journey.begun]
        if not changes:
            self._unsaved.clear()
            return
        try:
            await self._write(changes)
        except LATER:
            raise
        except Exception:
            # A fault of ours in one journey must not stop the others, nor be repeated for ever.
            await self._write_each(changes)
        self._unsaved.clear()
        for change in changes:
            if not change.journey.is_open:
                self._store.forget(change.journey.linkedid)

    async def _write(self, changes: list[Change]) -> None:
        async def write(tx: Transaction) -> None:
            ids = await self._save(tx, changes)
            for change in changes:
                await self._note(tx, change, ids[change.journey.linkedid])

        try:
            await self._ledger.in_one_go(write)
        except BaseException:
            self._store.forget_unsaved()
            raise

    async def _write_each(self, changes: list[Change]) -> None:
        """Journey by journey; what still cannot be written is set aside, counted and shown in `status`."""
        by_journey: dict[str, list[Change]] = {}
        for change in changes:
            by_journey.setdefault(change.journey.linkedid, []).append(change)
        for linkedid, own in by_journey.items():
            try:
                await self._write(own)
                # Should the database go away now, the others are tried again, and not what has been written.
                self._unsaved = [change for change in self._unsaved if change.journey.linkedid != linkedid]
            except LATER:
                raise
            except Exception:
                self.set_aside += 1
                self._log.exception("journey_not_written", linkedid=linkedid, changes=len(own))

    async def _save(self, tx: Transaction, changes: list[Change]) -> dict[str, uuid.UUID]:
        latest = {change.journey.linkedid: change.journey for change in changes}
        return await self._store.save(
            tx, [(journey, self._board.memory_of(linkedid)) for linkedid, journey in latest.items()]
        )

    async def _note(self, tx: Transaction, change: Change, journey_id: uuid.UUID) -> None:
        context = Context(journey_id, change.journey, self._area_code)
        for fact in change.facts:
            tx.record(
                facts.Fact(
                    fact_type(fact),
                    f"journey:{journey_id}",
                    fact_data(fact, self._area_code) | ({LATE: True} if change.late else {}),
                    actor="pbx",
                    pbx_at=fact.at,
                )
            )
            await self._consequences.follow(tx, context, fact)
