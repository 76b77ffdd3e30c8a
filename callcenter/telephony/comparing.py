"""What the PBX shows against what we believe: in full after a gap, by its lists every 20 s.

A light sweep compares what the PBX lists in memory; only if that differs is it done in full, and what had to be
mended is counted by kind and kept.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

from callcenter.calls.engine import CallEngine
from callcenter.calls.repairs import Repair
from callcenter.foundation import logs
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import gap, picture
from callcenter.telephony.ami_client import AmiClient, AmiOutcomeUnknown, AmiUnavailable
from callcenter.telephony.devices import DeviceKeeper
from callcenter.telephony.gap import Stretch
from callcenter.telephony.intake import Intake
from callcenter.telephony.link_status import LinkStatus
from callcenter.telephony.members import MemberKeeper
from callcenter.telephony.pbx_logs import Ends, PbxLogs
from callcenter.telephony.picture import Picture
from callcenter.telephony.repair_log import FoundBy, RepairLog

SWEEP_SECONDS = 20.0
NEWBORN = timedelta(seconds=0.25)
"""So young a line of a PBX that has just begun to live may be missing in its list; older ones were another life's."""


class Comparison:
    """One a PBX."""

    def __init__(
        self,
        ledger: Ledger,
        engine: CallEngine,
        pbx: str,
        files: PbxLogs,
        intake: Intake,
        members: MemberKeeper,
        devices: DeviceKeeper,
        status: LinkStatus,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._pbx = pbx
        self._files = files
        self._ends = Ends()
        self._new_life = False
        """Not forgotten with a link that ends in its recovery: the next one finds the mark that this one has made."""
        self._intake = intake
        self._members = members
        self._devices = devices
        self._status = status
        self._log = logs.get("pbx_link")
        self.repairs = RepairLog(ledger, pbx)

    async def in_full(self, client: AmiClient, found_by: FoundBy) -> None:
        """The PBX's files first, since what they tell has true times; then its lists."""
        stretch, ends = await self._files.read()  # before the picture: what the files tell has ended or is shown
        commands = self._members.commands
        if found_by is FoundBy.RECOVERY:
            await self._note_life(client)
        shown = await self._look(client)
        async with self._intake.turn:
            if found_by is not FoundBy.RECOVERY:
                await self._intake.drain()
            # After a gap the files come first: by news of its end a call would be over before its middle is told.
            repairs = await self._fill(replace(stretch, trusted=not self._intake.clock.is_set))
            await self._intake.drain()
            lines = {line.uniqueid for line in shown.lines}
            repairs += await self._engine.mend(
                lines=shown.lines,
                waits=shown.waits,
                at=shown.at,
                live=lines,
                spared=NEWBORN if self._new_life else None,
            )
            await self._intake.drain()
            devices = await self._devices.compare(shown.devices, [line.channel for line in shown.lines])
            repairs += [] if self._new_life else devices
            if found_by is FoundBy.RECOVERY:
                self._members.shown(shown.members)
            elif commands == self._members.commands:
                repairs += self._members.corrected(shown.members)
        self._ends = ends
        await self.repaired(repairs, found_by)
        await self._files.mark(ends)
        self._log.info("compared", found_by=found_by, new_life=self._new_life, lines=len(lines), repairs=len(repairs))
        self._new_life = False

    async def repaired(self, repairs: list[Repair], found_by: FoundBy) -> None:
        """Count and keep what was mended."""
        if repairs:
            self._status.last_repaired_at = self._ledger.clock.now()
        await self.repairs.note(repairs, found_by)

    async def sweep_often(self, client: AmiClient) -> None:
        """Until cancelled, or until the link is no good: then it is closed, and the next one recovers."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep(client)
            except (AmiUnavailable, AmiOutcomeUnknown):
                client.close()
                return
            except Exception:
                # The database is away: giving up the link would lose what the PBX says meanwhile.
                self._log.exception("sweep_failed")

    async def sweep(self, client: AmiClient) -> None:
        """One light comparison; in full if it differs, and still does when all that was on its way has come."""
        ends = await self._files.ends()
        shown = await picture.read_lists(client, self._pbx, await self._intake.now(client))
        agreed = await self._agrees(shown)
        if not agreed:
            self._status.full_sweeps += 1
            shown = await self._look(client)
            async with self._intake.turn:
                await self._intake.drain()
                agreed = await self._agrees(shown)
        if agreed:
            # Not the present ends: what they tell may still be on its way here.
            if not len(self._intake.inbox) and not self._engine.unsaved:
                await self._files.mark(self._ends)
            self._ends = ends
        else:
            await self.in_full(client, FoundBy.SWEEP)
        self._status.sweeps += 1
        self._status.last_sweep_at = self._ledger.clock.now()

    async def _note_life(self, client: AmiClient) -> None:
        if await picture.take_life(client, self._ledger, self._pbx):
            self._new_life = True
            self._devices.reset()
            self._status.life_since = self._ledger.clock.now()

    async def _look(self, client: AmiClient) -> Picture:
        """The PBX's present picture; on return all that it said before is in the inbox."""
        shown = await picture.read_lists(client, self._pbx, await self._intake.now(client))
        await self._intake.fence(client)
        return shown

    async def _fill(self, stretch: Stretch) -> list[Repair]:
        """Calls that ended while we were away, before the comparison would end them by estimate."""
        try:
            return await gap.fill(self._engine, self._pbx, stretch)
        except Exception:
            if self._engine.unsaved:
                await self._intake.write_again()
                raise
            # A fault in reading the second source must not keep us from the first.
            self._log.exception("gap_not_filled")
            return []

    async def _agrees(self, shown: Picture) -> bool:
        if not self._engine.agrees(shown.lines, shown.waits, shown.at) or not self._members.agrees(shown.members):
            return False
        return await self._devices.agrees(shown.devices, [line.channel for line in shown.lines])
