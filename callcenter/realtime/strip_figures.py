"""The strip's figures on all desks: counted once for all, encoded once, told when they have changed.

The first change is told at once; those of the next quarter of a second are told together behind it. An agent's own
figures follow to that agent alone. Browsers lay both over what their snapshot said.
"""

import asyncio
import contextlib
import time
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.events import PRESENCE_CHANGED
from callcenter.agents.models import Agent
from callcenter.foundation import logs
from callcenter.foundation.clock import iso
from callcenter.foundation.facts import Recorded
from callcenter.foundation.transactions import Ledger
from callcenter.realtime.desk import Day, DeskReader
from callcenter.realtime.hub import Hub

COALESCE_SECONDS = 0.25
UNASKED_SECONDS = 10.0
"""Counted anew after so long though nothing was heard: midnight, and what another process wrote."""
RINGS_FIRST_SECONDS = 0.25
"""At most so long the count stands back for cards."""
_IDLE_SHARE = 9
"""Counting takes at most a tenth of the time, however long a day's calls take to count."""
_COUNTED = ("call.", "work_order.", PRESENCE_CHANGED)

Figures = dict[str, Any]
Seats = dict[uuid.UUID, tuple[str, uuid.UUID | None]]
"""Agent → number, user."""


class StripFigures:
    """One count for all desks of this process."""

    def __init__(self, ledger: Ledger, hub: Hub, reader: DeskReader) -> None:
        self._ledger = ledger
        self._hub = hub
        self._reader = reader
        self._changed = asyncio.Event()
        self._calm = asyncio.Event()
        self._calm.set()
        self._shared: Figures = {}
        self._own: dict[uuid.UUID, Figures] = {}
        self._seats: Seats = {}
        self._log = logs.get("strip_figures")

    def note(self, recorded: list[Recorded]) -> None:
        """Facts were committed: perhaps the figures have changed."""
        if any(one.fact.type.startswith(_COUNTED) for one in recorded):
            self._changed.set()

    def hold(self) -> None:
        """A telephone rings: its card goes first, and counting would take half of the time from it."""
        self._calm.clear()

    def go_on(self) -> None:
        """The cards of all rings are sent."""
        self._calm.set()

    async def run(self, coalesce: float = COALESCE_SECONDS) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(UNASKED_SECONDS):
                    await self._changed.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RINGS_FIRST_SECONDS):
                    await self._calm.wait()
            self._changed.clear()
            began = time.monotonic()
            try:
                await self.tell()
            except Exception:
                # The database may be away; screens notice by their figures' age, and it comes back.
                self._log.exception("figures_not_counted")
            await asyncio.sleep(max(coalesce, _IDLE_SHARE * (time.monotonic() - began)))

    async def tell(self) -> None:
        """Count, and send what has changed since the last time."""
        shown = self._hub.agents()
        if not shown:
            self._own = {}
            return
        day, seats = await self._ledger.look(lambda session: self._count(session, shown - self._seats.keys()))
        self._seats |= seats
        as_of = iso(self._ledger.clock.now())
        self._tell_all(day.shared().model_dump(mode="json"), as_of, shown - self._own.keys())
        own = {id_: day.own(*self._seats[id_]) for id_ in shown if id_ in self._seats}
        for agent_id, figures in own.items():
            if self._own.get(agent_id) != figures:
                self._hub.to_agent(agent_id, {"type": "figures", "as_of": as_of, "figures": figures})
        self._own = own

    async def _count(self, session: AsyncSession, unknown: set[uuid.UUID]) -> tuple[Day, Seats]:
        day, seats = await self._reader.day(session), Seats()
        if unknown:
            wanted = select(Agent.id, Agent.number, Agent.user_id).where(Agent.id.in_(unknown))
            seats = {id_: (number, user_id) for id_, number, user_id in await session.execute(wanted)}
        return day, seats

    def _tell_all(self, shared: Figures, as_of: str | None, new: set[uuid.UUID]) -> None:
        """All desks if they have changed, else the new ones: their snapshot may be of a moment between two counts."""
        message = {"type": "figures", "as_of": as_of, "figures": shared}
        if shared != self._shared:
            self._shared = shared
            self._hub.where(lambda client: client.agent_id is not None, message)
        else:
            for agent_id in new:
                self._hub.to_agent(agent_id, message)
