"""Watches the voice menu: while it takes calls and says nothing, callers go past it into the queue.

Asterisk waits for a FastAGI program without a time limit. A menu that has died is no trouble (the dialplan goes on);
one that hangs would hold its callers in silence. What the dialplan reads is a time in the PBX's own clock until
which the menu is skipped, so that a service that dies meanwhile leaves nothing behind.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from callcenter.foundation import logs
from callcenter.telephony import ami_events
from callcenter.telephony.ami_client import AmiClient, AmiOutcomeUnknown, AmiUnavailable
from callcenter.telephony.menu_probe import Menu, probe

EVERY_SECONDS = 2.0
ANSWER_SECONDS = 2.0
MISSES = 2
SKIP_SECONDS = 30
SKIPPED_UNTIL = "MENU_SKIPPED_UNTIL"
"""Global variable of the PBX, seconds since 1970; see dialplan/ivr.conf."""


@dataclass(slots=True)
class MenuStatus:
    """For `callcenter status` and /readyz. `taken_out`: callers whom we have moved on from a silent menu."""

    state: Menu = Menu.UNKNOWN
    skipped: bool = False
    taken_out: int = 0


class MenuWatch:
    """`address`: where the menu listens, asked anew each time. `link`: the AMI link, None where we have none."""

    def __init__(
        self,
        address: Callable[[], tuple[str, int] | None],
        link: Callable[[], AmiClient | None],
        *,
        every_seconds: float = EVERY_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._address = address
        self._link = link
        self._every_seconds = every_seconds
        self._answer_seconds = answer_seconds
        self._misses = 0
        self._clear_on: AmiClient | None = None
        """The link over which the PBX was told that the menu is in use again."""
        self._log = logs.get("menu_watch")
        self.status = MenuStatus()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (AmiUnavailable, AmiOutcomeUnknown):
                self._log.warning("menu_watch_without_link")
            except Exception:
                # Callers depend on it: no fault may end the watching.
                self._log.exception("menu_watch_failed")
            if self.status.state is not Menu.SILENT:  # who was silent has been waited for already
                await asyncio.sleep(self._every_seconds)

    async def look(self) -> None:
        """Ask once and do what follows."""
        client, address = self._link(), self._address()
        if client is None or address is None:
            self.status.state, self._misses = Menu.UNKNOWN, 0
            return
        found = await probe(*address, self._answer_seconds)
        self._misses = self._misses + 1 if found is Menu.SILENT else 0
        if found is not self.status.state:
            self._log.info("menu_is", state=found.value)
        self.status.state = found
        if self._misses >= MISSES:
            await self._skip(client)
        elif not self._misses and self._clear_on is not client:
            await client.send("Setvar", {"Variable": SKIPPED_UNTIL, "Value": "0"})
            self._clear_on, self.status.skipped = client, False

    async def _skip(self, client: AmiClient) -> None:
        """Nobody goes in any more, and who is in comes out."""
        self._clear_on = None
        answer = await client.send("Getvar", {"Variable": "EPOCH"})
        until = int(str(answer.get("Value", "")) or 0) + SKIP_SECONDS
        await client.send("Setvar", {"Variable": SKIPPED_UNTIL, "Value": str(until)})
        if not self.status.skipped:
            self._log.error("menu_skipped", misses=self._misses)
        self.status.skipped = True
        for row in await client.ask_list("CoreShowChannels"):
            line = ami_events.live_line(row)
            if line is None or line.application != "AGI":
                continue
            where = {"Channel": line.channel, "Context": "hotline", "Exten": "without-menu", "Priority": "1"}
            answer = await client.send("Redirect", where)
            self.status.taken_out += answer.get("Response") == "Success"
