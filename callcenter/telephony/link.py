"""The one consumer of a PBX: connect, recover, go live, and again whenever the link is lost.

Connecting *is* recovering (callcenter.md §4.2): live events are buffered from the first byte, the picture is read and
merged, the buffer is applied (the switchboard takes doubled and late news), and only then are events taken as they
come. A light sweep repeats the comparison; what it had to mend is counted and shown.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.agents import presence
from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineEvent
from callcenter.calls.pbx_events import DeviceStateChanged, FenceReached, MemberEvent
from callcenter.foundation import logs
from callcenter.foundation.ids import new_secret_id
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import ami_events, gap, picture
from callcenter.telephony.ami_client import AmiAddress, AmiClient, AmiOutcomeUnknown, AmiUnavailable, Message
from callcenter.telephony.cel_reader import CelReader, Told
from callcenter.telephony.inbox import Inbox
from callcenter.telephony.members import MemberKeeper
from callcenter.telephony.picture import Picture

SWEEP_SECONDS = 20.0
FENCE_SECONDS = 5.0
FIRST_WAIT, MOST_WAIT = 0.2, 1.0
"""Seconds before the next attempt; the picture shall be right 2 s after the PBX is back."""
GATHER_SECONDS = 0.003
_AWAY = frozenset({"UNAVAILABLE", "INVALID"})


@dataclass(slots=True)
class LinkStatus:
    """For `callcenter status`, /readyz and the metrics."""

    state: str = "down"
    connected_at: datetime | None = None
    lag_ms: float = 0.0
    events: int = 0
    sweeps: int = 0
    repairs: int = 0
    last_error: str = ""


class PbxLink:
    """See the module's text. `address` is asked anew for each attempt: a PBX may come back on other ports."""

    def __init__(
        self,
        ledger: Ledger,
        engine: CallEngine,
        pbx: str,
        address: Callable[[], AmiAddress | None],
        cel_file: Callable[[], Path | None] = lambda: None,
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._pbx = pbx
        self._address = address
        self._may_act = may_act
        self._cel = CelReader(ledger, pbx, cel_file)
        self._inbox = Inbox()
        self._turn = asyncio.Lock()
        self._registered: dict[str, bool] = {}
        self._fences: dict[str, asyncio.Event] = {}
        self._log = logs.get("pbx_link")
        self.members = MemberKeeper(ledger)
        self.status = LinkStatus()
        self.client: AmiClient | None = None

    async def run(self) -> None:
        """One tenure of ours with this PBX, until cancelled: begins from the ledger, with nothing heard before.

        Never gives up; waits a little longer after each failure, with jitter.
        """
        wait, loaded = FIRST_WAIT, False
        self._inbox = Inbox()
        self._registered.clear()
        while True:
            try:
                if not loaded:
                    await self._engine.load()
                    loaded = True
                await self._live()
                wait = FIRST_WAIT
            except (AmiUnavailable, AmiOutcomeUnknown) as error:
                self.status.last_error = str(error)
            except Exception:
                # The process must outlive any fault of one link; recovery starts from what the PBX shows.
                self._log.exception("link_failed")
                self.status.last_error = "internal"
            finally:
                self._end()
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            wait = min(wait * 2, MOST_WAIT)

    def _end(self) -> None:
        if self.client is not None:
            self.client.close()
            self.client = None
            self._log.warning("link_lost")
        self.status.state = "down"

    async def _live(self) -> None:
        address = self._address()
        if address is None:
            raise AmiUnavailable("no PBX instance")
        if self._inbox.overflowed:  # else what the last link said and nobody has taken yet is still good
            self._inbox = Inbox()
        client = AmiClient(address, self._hear, may_act=self._may_act)
        await client.connect()
        self.client = client
        self.status.state, self.status.connected_at = "recovering", self._ledger.clock.now()
        self._log.info("link_up")
        await self._recover(client)
        self.status.state = "live"
        self.members.wake()
        async with asyncio.TaskGroup() as tasks:
            jobs = [
                tasks.create_task(self._consume()),
                tasks.create_task(self._sweep(client)),
                tasks.create_task(self.members.run(client)),
            ]
            await client.wait_lost()
            for job in jobs:
                job.cancel()

    def _hear(self, message: Message) -> None:
        event = ami_events.translate(message, self._pbx, self._ledger.clock.now())
        if event is None:
            return
        self.status.events += 1
        if isinstance(event, FenceReached) and event.run in self._fences:
            self._fences[event.run].set()
        self._inbox.put(event)
        if self._inbox.overflowed and self.client is not None:
            self._log.error("inbox_full")
            self.client.close()

    async def _look(self, client: AmiClient) -> Picture:
        """The PBX's present picture; on return all that it said before is in the inbox (the fence came back)."""
        shown = await picture.read(client, self._ledger, self._pbx)
        run = new_secret_id()
        fence = self._fences[run] = asyncio.Event()
        try:
            await client.send("UserEvent", {"UserEvent": "Fence", "Run": run})
            async with asyncio.timeout(FENCE_SECONDS):
                await fence.wait()
        except TimeoutError as error:
            raise AmiOutcomeUnknown("the fence did not come back") from error
        finally:
            del self._fences[run]
        return shown

    async def _recover(self, client: AmiClient) -> None:
        told = await self._cel.read()  # before the picture: what the file tells has ended or is shown
        shown = await self._look(client)
        if shown.new_life:
            self._registered.clear()
        filled = await self._fill_gap(told, shown)
        repairs = await self._mend(shown)
        await self._cel.mark(told.end)
        self._log.info("recovered", new_life=shown.new_life, lines=len(shown.lines), repairs=repairs, from_cel=filled)

    async def _fill_gap(self, told: Told, shown: Picture) -> int:
        """Calls that ended while we were away, before the comparison would end them by estimate."""
        async with self._turn:
            await self._drain()
            try:
                return await gap.fill(self._engine, self._pbx, told.rows, shown.lines)
            except Exception:
                if self._engine.unsaved:
                    await self._write_again()
                    raise
                # A fault in reading the second source must not keep us from the first.
                self._log.exception("gap_not_filled")
                return 0

    async def _mend(self, shown: Picture) -> int:
        async with self._turn:
            await self._drain()
            live = {line.uniqueid for line in shown.lines}
            repairs = await self._engine.mend(lines=shown.lines, waits=shown.waits, at=shown.at, live=live)
            await self._drain()
            self.members.reset()
            await self._note([*shown.members, *shown.devices])
        self.status.repairs += repairs
        return repairs

    async def _sweep(self, client: AmiClient) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                end = await self._cel.end()
                repairs = await self._mend(await self._look(client))
                await self._cel.mark(end)
            except (AmiUnavailable, AmiOutcomeUnknown):
                client.close()  # the next link recovers
                return
            except Exception:
                # The database is away: giving up the link would lose what the PBX says meanwhile.
                self._log.exception("sweep_failed")
                continue
            self.status.sweeps += 1
            if repairs:
                self._log.warning("sweep_repaired", journeys=repairs)

    async def _consume(self) -> None:
        while True:
            await self._inbox.wait()
            # A ring comes as a handful of messages within 2 ms: one transaction for all, not one for the first.
            await asyncio.sleep(GATHER_SECONDS)
            async with self._turn:
                await self._drain()

    async def _drain(self) -> None:
        while batch := self._inbox.take():
            try:
                await self._engine.take(batch)
                await self._note(batch)
            except Exception:
                # The database is away: the engine keeps what it could not write; try until it is back.
                self._log.exception("batch_not_written", events=len(batch))
                await self._write_again()
            self.status.lag_ms = (self._ledger.clock.now() - batch[-1].at).total_seconds() * 1000

    async def _write_again(self) -> None:
        while self._engine.unsaved:
            await asyncio.sleep(0.5)
            try:
                await self._engine.flush()
            except Exception:
                self._log.exception("still_not_written", changes=self._engine.unsaved)

    async def _note(self, events: list[LineEvent]) -> None:
        """What concerns members and devices, not journeys."""
        for event in events:
            if isinstance(event, MemberEvent):
                self.members.note(event)
            elif isinstance(event, DeviceStateChanged):
                registered = event.state not in _AWAY
                if self._registered.get(event.device) != registered:
                    async with self._ledger.transaction() as tx:
                        await presence.phone_seen(tx, event.device, registered=registered)
                    self._registered[event.device] = registered
