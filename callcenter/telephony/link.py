"""The one consumer of a PBX: connect, recover, go live, and again whenever the link is lost.

Connecting *is* recovering (callcenter.md §4.2): live events are buffered from the first byte, the picture is read and
merged, the buffer is applied (the switchboard takes doubled and late news), and only then are events taken as they
come. A light sweep compares what the PBX lists with what we believe; only if they differ is it done in full, and what
had to be mended is counted by kind and kept.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from callcenter.calls.engine import CallEngine
from callcenter.calls.events import LineEvent
from callcenter.calls.pbx_events import DeviceStateChanged, FenceReached, MemberEvent
from callcenter.calls.repairs import Repair
from callcenter.foundation import logs
from callcenter.foundation.ids import new_secret_id
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import ami_events, gap, picture
from callcenter.telephony.ami_client import AmiAddress, AmiClient, AmiOutcomeUnknown, AmiUnavailable, Message
from callcenter.telephony.ami_headers import stamp_of
from callcenter.telephony.devices import DeviceKeeper
from callcenter.telephony.gap import Stretch
from callcenter.telephony.heartbeat import Heartbeat
from callcenter.telephony.inbox import Inbox
from callcenter.telephony.link_status import LinkState, LinkStatus
from callcenter.telephony.members import MemberKeeper
from callcenter.telephony.pbx_clock import PbxClock, Window
from callcenter.telephony.pbx_logs import Ends, FindFile, PbxLogs
from callcenter.telephony.picture import Picture
from callcenter.telephony.repair_log import FoundBy, RepairLog
from callcenter.telephony.sign_in import Attempt, signed_in

SWEEP_SECONDS = 20.0
FENCE_SECONDS = 5.0
FIRST_WAIT, MOST_WAIT = 0.1, 0.5
"""Seconds before the next attempt; the picture shall be right 2 s after the PBX is back."""
GATHER_SECONDS = 0.003
WRITE_AGAIN_SECONDS = 0.2
SETTLING_SECONDS = 10.0
"""What a queue's members lack so soon after a link was made belongs to its recovery."""


class PbxLink:
    """See the module's text. `address` is asked anew for each attempt: a PBX may come back on other ports."""

    def __init__(
        self,
        ledger: Ledger,
        engine: CallEngine,
        pbx: str,
        address: Callable[[], AmiAddress | None],
        cel_file: FindFile = lambda: None,
        may_act: Callable[[], bool] = lambda: True,
        queue_log: FindFile = lambda: None,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._pbx = pbx
        self._address = address
        self._may_act = may_act
        self._logs = PbxLogs(ledger, pbx, cel_file, queue_log)
        self._ends = Ends()
        self._inbox = Inbox()
        self._turn = asyncio.Lock()
        self._has_caught_up = False
        self._fences: dict[str, asyncio.Event] = {}
        self._log = logs.get("pbx_link")
        self._clock = PbxClock()
        self._handling = Window()
        self._live_since = 0.0
        self.repairs = RepairLog(ledger, pbx)
        self.devices = DeviceKeeper(ledger)
        self.members = MemberKeeper(ledger, self._members_repaired)
        self._heartbeat = Heartbeat()
        self._status = LinkStatus()
        self.client: AmiClient | None = None

    @property
    def status(self) -> LinkStatus:
        """As it is now."""
        status, now = self._status, time.monotonic()
        status.lag, status.handling = self._clock.lag.percentiles(now), self._handling.percentiles(now)
        status.clock_offset_seconds, status.clock_steps = self._clock.offset_seconds, self._clock.steps
        status.inbox, status.inbox_most = len(self._inbox), max(status.inbox_most, self._inbox.deepest)
        status.unsaved, status.set_aside = self._engine.unsaved, self._engine.set_aside
        status.open_journeys = self._engine.open_count
        status.repairs, status.disagreements = self.repairs.total, self.members.disagreements
        status.repair_counts = {f"{kind}/{by}": count for (kind, by), count in self.repairs.counts.items()}
        return status

    async def run(self) -> None:
        """One tenure of ours with this PBX, until cancelled: begins from the ledger, with nothing heard before.

        Never gives up; waits a little longer after each failure, with jitter.
        """
        wait, loaded = FIRST_WAIT, False
        self._inbox, self._has_caught_up = Inbox(), False
        self.devices.reset()
        self._status.enter(LinkState.DOWN, self._ledger.clock.now())
        while True:
            try:
                if not loaded:
                    await self._engine.load()
                    loaded = True
                await self._live()
                wait = FIRST_WAIT
            except (AmiUnavailable, AmiOutcomeUnknown) as error:
                self._status.last_error = str(error)
            except Exception:
                # The process must outlive any fault of one link; recovery starts from what the PBX shows.
                self._log.exception("link_failed")
                self._status.last_error = "internal"
            finally:
                self._end()
            self._status.attempts += 1
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            wait = min(wait * 2, MOST_WAIT)

    def _end(self) -> None:
        if self.client is not None:
            self.client.close()
            self.client = None
            self._log.warning("link_lost")
        self._status.enter(LinkState.DOWN, self._ledger.clock.now())

    async def _live(self) -> None:
        address = self._address()
        if address is None:
            raise AmiUnavailable("no PBX instance")
        await self._take_rest()
        client = await signed_in(lambda: Attempt(self._address() or address, self._hear, self._pong, self._may_act))
        self.client, begun = client, time.monotonic()
        self._status.connected_at = self._ledger.clock.now()
        self._status.links += 1
        self._status.enter(LinkState.RECOVERING, self._status.connected_at)
        self._log.info("link_up")
        await self._recover(client)
        self._has_caught_up = True
        self._live_since = time.monotonic()
        self._status.recovery_ms = (self._live_since - begun) * 1000
        self._status.attempts, self._status.last_error = 0, ""
        self._status.enter(LinkState.LIVE, self._ledger.clock.now())
        self.members.wake()
        async with asyncio.TaskGroup() as tasks:
            jobs = [
                tasks.create_task(self._consume()),
                tasks.create_task(self._sweep(client)),
                tasks.create_task(self.members.run(client)),
                tasks.create_task(self._heartbeat.run(client)),
            ]
            await client.wait_lost()
            for job in jobs:
                job.cancel()

    async def _take_rest(self) -> None:
        """What the last link said and nobody has taken yet comes before what the files tell of the gap.

        Unless that link ended while it recovered: then the files tell first what came before its news.
        """
        if self._inbox.overflowed:
            self._inbox = Inbox()
        if self._has_caught_up:
            async with self._turn:
                await self._drain()
            self._has_caught_up = False

    # ---- what the PBX says ----

    def _hear(self, message: Message) -> None:
        event = ami_events.translate(message, self._pbx, self._ledger.clock.now())
        if event is None:
            return
        self._status.events += 1
        if "Timestamp" in message:
            at = self._clock.corrected(event.at, time.monotonic())
            if at is not event.at:
                event = replace(event, at=at)
        if isinstance(event, FenceReached) and event.run in self._fences:
            self._fences[event.run].set()
        self._inbox.put(event)
        if self._inbox.overflowed and self.client is not None and self.client.is_up:
            self._status.overflows += 1
            self._log.error("inbox_full")
            self.client.close()

    def _pong(self, sent: float, received: float, answer: Message) -> None:
        self._clock.answered(sent, received, stamp_of(answer), self._ledger.clock.now())

    async def _now(self, client: AmiClient) -> datetime:
        """The PBX's time, in which everything about its calls is reckoned; ours if it does not tell."""
        if self._engine.open_count == 0:
            self._clock.settle()
        try:
            await client.ping()
        except TimeoutError as error:
            raise AmiOutcomeUnknown("Ping") from error
        return self._clock.shown_at(time.monotonic()) or self._ledger.clock.now()

    async def _look(self, client: AmiClient, *, life: bool) -> Picture:
        """The PBX's present picture; on return all that it said before is in the inbox (the fence came back)."""
        at = await self._now(client)
        if life:
            shown = await picture.read(client, self._ledger, self._pbx, at)
        else:
            shown = await picture.read_lists(client, self._pbx, at)
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

    # ---- comparing ----

    async def _recover(self, client: AmiClient) -> None:
        await self._compare(client, FoundBy.RECOVERY)

    async def _compare(self, client: AmiClient, found_by: FoundBy) -> None:
        """In full: the PBX's files first, since what they tell has true times; then its lists."""
        stretch, ends = await self._logs.read()  # before the picture: what the files tell has ended or is shown
        commands = self.members.commands
        shown = await self._look(client, life=found_by is FoundBy.RECOVERY)
        if shown.new_life:
            self.devices.reset()
            self._status.life_since = self._ledger.clock.now()
        async with self._turn:
            if found_by is not FoundBy.RECOVERY:
                await self._drain()
            # After a gap the files come first: by news of its end a call would be over before its middle is told.
            repairs = await self._fill(replace(stretch, trusted=not self._clock.is_set))
            await self._drain()
            lines = {line.uniqueid for line in shown.lines}
            repairs += await self._engine.mend(lines=shown.lines, waits=shown.waits, at=shown.at, live=lines)
            await self._drain()
            devices = await self.devices.compare(shown.devices, [line.channel for line in shown.lines])
            repairs += [] if shown.new_life else devices
            if found_by is FoundBy.RECOVERY:
                self.members.shown(shown.members)
            elif commands == self.members.commands:
                repairs += self.members.corrected(shown.members)
        self._ends = ends
        await self._repaired(repairs, found_by)
        await self._logs.mark(ends)
        self._log.info("compared", found_by=found_by, new_life=shown.new_life, lines=len(lines), repairs=len(repairs))

    async def _fill(self, stretch: Stretch) -> list[Repair]:
        """Calls that ended while we were away, before the comparison would end them by estimate."""
        try:
            return await gap.fill(self._engine, self._pbx, stretch)
        except Exception:
            if self._engine.unsaved:
                await self._write_again()
                raise
            # A fault in reading the second source must not keep us from the first.
            self._log.exception("gap_not_filled")
            return []

    async def _repaired(self, repairs: list[Repair], found_by: FoundBy) -> None:
        if repairs:
            self._status.last_repaired_at = self._ledger.clock.now()
        await self.repairs.note(repairs, found_by)

    async def _members_repaired(self, repairs: list[Repair]) -> None:
        settling = time.monotonic() - self._live_since < SETTLING_SECONDS
        await self._repaired(repairs, FoundBy.RECOVERY if settling else FoundBy.SWEEP)

    async def _sweep(self, client: AmiClient) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep(client)
            except (AmiUnavailable, AmiOutcomeUnknown):
                client.close()  # the next link recovers
                return
            except Exception:
                # The database is away: giving up the link would lose what the PBX says meanwhile.
                self._log.exception("sweep_failed")

    async def sweep(self, client: AmiClient) -> None:
        """One light comparison; in full if it differs, and still does when all that was on its way has come."""
        ends = await self._logs.ends()
        shown = await picture.read_lists(client, self._pbx, await self._now(client))
        agreed = await self._agrees(shown)
        if not agreed:
            self._status.full_sweeps += 1
            shown = await self._look(client, life=False)
            async with self._turn:
                await self._drain()
                agreed = await self._agrees(shown)
        if agreed:
            # Not the present ends: what they tell may still be on its way here.
            if not len(self._inbox) and not self._engine.unsaved:
                await self._logs.mark(self._ends)
            self._ends = ends
        else:
            await self._compare(client, FoundBy.SWEEP)
        self._status.sweeps += 1
        self._status.last_sweep_at = self._ledger.clock.now()

    async def _agrees(self, shown: Picture) -> bool:
        if not self._engine.agrees(shown.lines, shown.waits, shown.at) or not self.members.agrees(shown.members):
            return False
        return await self.devices.agrees(shown.devices, [line.channel for line in shown.lines])

    # ---- writing ----

    async def _consume(self) -> None:
        while True:
            await self._inbox.wait()
            # What happens comes as a handful of messages within 2 ms: one transaction for all, not one for the first.
            await self._inbox.gather(GATHER_SECONDS)
            async with self._turn:
                await self._drain()

    async def _drain(self) -> None:
        while batch := self._inbox.take():
            came_at = self._inbox.came_at
            try:
                await self._engine.take(batch)
                await self._note(batch)
            except Exception:
                # The database is away: the engine keeps what it could not write; try until it is back.
                self._log.exception("batch_not_written", events=len(batch))
                await self._write_again()
            now = time.monotonic()
            self._handling.add(now, now - came_at)

    async def _write_again(self) -> None:
        while self._engine.unsaved:
            await asyncio.sleep(WRITE_AGAIN_SECONDS)
            try:
                await self._engine.flush()
            except Exception as error:
                self._log.warning("still_not_written", changes=self._engine.unsaved, error=type(error).__name__)

    async def _note(self, events: list[LineEvent]) -> None:
        """What concerns members and devices, not journeys."""
        for event in events:
            if isinstance(event, MemberEvent):
                self.members.note(event)
            elif isinstance(event, DeviceStateChanged):
                await self.devices.note(event)
