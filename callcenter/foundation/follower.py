"""Shows the facts of all processes to those who watch in this one: each once, in the order of the ledger.

Facts of our own are shown as soon as they are committed, without reading them back, if the one before them has been
shown. If not (another process wrote it, or an earlier commit of ours has yet to return), they are held until the
table has been read up to there. Wake-ups of the bus only make that sooner; without any the table is read every 2 s.
"""

import asyncio
import contextlib

from callcenter.foundation import facts, logs
from callcenter.foundation.bus import FACTS, LOOK, Bus
from callcenter.foundation.facts import Recorded
from callcenter.foundation.transactions import Ledger

BATCH = 500


class Follower:
    """`offer` is the ledger's; `run` is a task of the service. Until `run` has begun, facts are shown at once."""

    def __init__(self, ledger: Ledger, bus: Bus, every_seconds: float = 2.0) -> None:
        self._ledger = ledger
        self._bus = bus
        self._every_seconds = every_seconds
        self._begun = False
        self._seen = 0
        self._held: dict[int, list[Recorded]] = {}
        self._look = asyncio.Event()
        self._log = logs.get("follower")
        ledger.deliver_by(self.offer)
        bus.listen(FACTS, self._heard)

    @property
    def position(self) -> int:
        """The last fact that was shown here."""
        return self._seen

    def offer(self, recorded: list[Recorded]) -> None:
        """One transaction's facts, committed by this process."""
        self._bus.publish(FACTS, recorded[-1].position)
        if not self._begun:
            self._seen = max(self._seen, recorded[-1].position)
            self._ledger.show(recorded)
            return
        self._held[recorded[0].position] = recorded
        self._show_held()
        if self._held:
            self._look.set()

    def _heard(self, number: int) -> None:
        if number > self._seen or number == LOOK:
            self._look.set()

    def _show(self, recorded: list[Recorded]) -> None:
        fresh = [one for one in recorded if one.position > self._seen]
        if fresh:
            self._seen = fresh[-1].position
            self._ledger.show(fresh)

    def _show_held(self) -> None:
        """What follows on what was shown; a batch that the table has told already is dropped."""
        while self._held:
            first = min(self._held)
            if first > self._seen + 1:
                return
            self._show(self._held.pop(first))

    async def run(self) -> None:
        """Until cancelled. Begins behind the present end of the ledger."""
        while not self._begun:
            try:
                async with self._ledger.reading() as session:
                    last = await facts.last_position(session)
                self._seen, self._begun = max(last, self._seen), True
            except Exception:
                # The database is away: nothing is shown until the end of the ledger is known.
                self._log.exception("ledger_not_read")
                await asyncio.sleep(0.5)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_seconds):
                    await self._look.wait()
            self._look.clear()
            try:
                await self._catch_up()
            except Exception:
                # The database is away; what we miss stands in the table when it is back.
                self._log.exception("ledger_not_read")

    async def _catch_up(self) -> None:
        more = True
        while more:
            async with self._ledger.reading() as session:
                rows = await facts.read_since(session, self._seen, BATCH)
            self._show(rows)
            self._show_held()
            more = len(rows) == BATCH
