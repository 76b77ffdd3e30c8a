"""What closes desks though they say nothing: one loop for all instead of a task and a timer for each."""

import asyncio
import time

from callcenter.auth import sessions
from callcenter.auth.permissions import Permission
from callcenter.foundation import logs
from callcenter.foundation.database import DATABASE_AWAY
from callcenter.foundation.transactions import Ledger
from callcenter.realtime.hub import NOT_SIGNED_IN, Client, Hub

CHECK_SECONDS = 30.0
"""How long a session may be over, or a role taken away, before its open desk closes."""
PARTS = 30
"""A desk is looked at once in each round, in the part of it that its person's id says: no round is one burst."""
SILENT_SECONDS = 45.0
"""A browser says `alive` every 10 s; one that is silent for longer is gone, whatever TCP thinks."""
LOOK_SECONDS = 1.0


class DeskWatch:
    """The desks of this process."""

    def __init__(self, ledger: Ledger, hub: Hub) -> None:
        self._ledger = ledger
        self._hub = hub
        self._part = 0
        self._log = logs.get("desk_watch")

    async def check_rights(self, every_seconds: float = CHECK_SECONDS) -> None:
        """Until cancelled: close desks soon after their session has ended or their permission was taken away."""
        while True:
            await asyncio.sleep(every_seconds / PARTS)
            self._part = (self._part + 1) % PARTS
            due = [client for client in self._hub.connected() if client.user_id.int % PARTS == self._part]
            if due:
                await self._check(due)

    async def _check(self, due: list[Client]) -> None:
        ids = {client.session_id for client in due}
        try:
            valid = await self._ledger.look(lambda session: sessions.still_valid(session, self._ledger, ids))
        except DATABASE_AWAY:
            # That must not close every desk at once; the next round decides.
            self._log.warning("rights_not_checked", desks=len(due), exc_info=True)
            return
        for client in due:
            person = valid.get(client.session_id)
            if person is None or not person.may(Permission.DESK_USE):
                client.end(NOT_SIGNED_IN)

    async def end_silent(self, seconds: float = SILENT_SECONDS, every_seconds: float = LOOK_SECONDS) -> None:
        """Until cancelled: close desks that have said nothing for so long."""
        while True:
            await asyncio.sleep(every_seconds)
            latest = time.monotonic() - seconds
            for client in self._hub.connected():
                if client.heard_at < latest and not client.over:
                    client.end(client.close_code)
