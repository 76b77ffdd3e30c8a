"""The one consumer of a PBX: connect, recover, go live, and again whenever the link is lost.

Connecting *is* recovering (callcenter.md §4.2): live events are buffered from the first byte, the picture is read and
merged, the buffer is applied (the switchboard takes doubled and late news), and only then are events taken as they
come (`intake`). What the PBX shows is compared with what we believe at once and every 20 s (`comparing`).
"""

import asyncio
import random
import time
from collections.abc import Callable

from callcenter.calls.engine import CallEngine
from callcenter.calls.repairs import Repair
from callcenter.foundation import logs
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.ami_client import AmiAddress, AmiClient, AmiOutcomeUnknown, AmiUnavailable
from callcenter.telephony.comparing import Comparison
from callcenter.telephony.devices import DeviceKeeper
from callcenter.telephony.heartbeat import Heartbeat
from callcenter.telephony.intake import Intake
from callcenter.telephony.link_status import LinkState, LinkStatus
from callcenter.telephony.members import MemberKeeper
from callcenter.telephony.pbx_logs import FindFile, PbxLogs
from callcenter.telephony.repair_log import FoundBy
from callcenter.telephony.sign_in import Attempt, signed_in

FIRST_WAIT, MOST_WAIT = 0.1, 0.5
"""Seconds before the next attempt; the picture shall be right 2 s after the PBX is back."""
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
        self._address = address
        self._may_act = may_act
        self._log = logs.get("pbx_link")
        self._live_since = 0.0
        self._has_caught_up = False
        self._heartbeat = Heartbeat()
        self._status = LinkStatus()
        self.devices = DeviceKeeper(ledger)
        self.members = MemberKeeper(ledger, self._members_repaired)
        self.intake = Intake(ledger, engine, pbx, self.members, self.devices, self._overflowed)
        files = PbxLogs(ledger, pbx, cel_file, queue_log)
        self.comparison = Comparison(
            ledger, engine, pbx, files, self.intake, self.members, self.devices, self._status
        )
        self.repairs = self.comparison.repairs
        self.client: AmiClient | None = None

    @property
    def status(self) -> LinkStatus:
        """As it is now."""
        status, intake, now = self._status, self.intake, time.monotonic()
        status.lag, status.handling = intake.clock.lag.percentiles(now), intake.handling.percentiles(now)
        status.clock_offset_seconds, status.clock_steps = intake.clock.offset_seconds, intake.clock.steps
        status.events = intake.events
        status.inbox, status.inbox_most = len(intake.inbox), max(status.inbox_most, intake.inbox.deepest)
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
        self.intake.forget()
        self._has_caught_up = False
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
        client = await signed_in(
            lambda: Attempt(self._address() or address, self.intake.hear, self.intake.pong, self._may_act)
        )
        self.client, begun = client, time.monotonic()
        self._status.connected_at = self._ledger.clock.now()
        self._status.links += 1
        self._status.enter(LinkState.RECOVERING, self._status.connected_at)
        self._log.info("link_up")
        await self.comparison.in_full(client, FoundBy.RECOVERY)
        self._has_caught_up = True
        self._live_since = time.monotonic()
        self._status.recovery_ms = (self._live_since - begun) * 1000
        self._status.attempts, self._status.last_error = 0, ""
        self._status.enter(LinkState.LIVE, self._ledger.clock.now())
        self.members.wake()
        async with asyncio.TaskGroup() as tasks:
            jobs = [
                tasks.create_task(self.intake.consume()),
                tasks.create_task(self.comparison.sweep_often(client)),
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
        if self.intake.inbox.overflowed:
            self.intake.forget()
        if self._has_caught_up:
            async with self.intake.turn:
                await self.intake.drain()
            self._has_caught_up = False

    def _overflowed(self) -> None:
        if self.client is not None and self.client.is_up:
            self._status.overflows += 1
            self._log.error("inbox_full")
            self.client.close()

    async def _members_repaired(self, repairs: list[Repair]) -> None:
        settling = time.monotonic() - self._live_since < SETTLING_SECONDS
        await self.comparison.repaired(repairs, FoundBy.RECOVERY if settling else FoundBy.SWEEP)
