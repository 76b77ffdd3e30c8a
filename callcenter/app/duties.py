"""What makes several processes one service: the bus, the facts of all shown in each, and who does what for all."""

import asyncio
from functools import partial

from callcenter.foundation.bus import EFFECTS
from callcenter.foundation.buses import bus_of
from callcenter.foundation.follower import Follower
from callcenter.foundation.jobs import Job
from callcenter.foundation.lease_keeper import LeaseKeeper
from callcenter.foundation.leases import Lease, while_ours
from callcenter.foundation.outbox import OutboxWorker
from callcenter.foundation.settings import Settings
from callcenter.foundation.this_process import process_name
from callcenter.foundation.timers import TimerLoop
from callcenter.foundation.transactions import Ledger


def pbx_duty_name(pbx: str) -> str:
    return f"pbx:{pbx}"


class Duties:
    """One process's part. `pbx`: to own the link; also `timers` and `outbox` have one process each."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self.bus = bus_of(settings)
        self.keeper = LeaseKeeper(ledger, process_name())
        self._follower = Follower(ledger, self.bus)
        self.pbx: Lease = self.keeper.lease(pbx_duty_name(settings.pbx_name))
        self.timers: Lease = self.keeper.lease("timers")
        self.outbox: Lease = self.keeper.lease("outbox")

    def may_act_on_pbx(self) -> bool:
        return self.pbx.may_act

    def jobs(self, outbox: OutboxWorker, timers: TimerLoop) -> dict[str, Job]:
        """To be run until the service ends; then `end`."""
        self._ledger.when_effects(lambda: self.bus.publish(EFFECTS))
        self.bus.listen(EFFECTS, lambda _: outbox.wake())
        return {
            "leases": self.keeper.run,
            "bus": self.bus.run,
            "facts": self._follower.run,
            "outbox": partial(while_ours, self.outbox, outbox.run),
            "timers": partial(while_ours, self.timers, timers.run),
        }

    async def end(self) -> None:
        """Once all jobs have ended: another process need not wait for the leases to run out."""
        try:
            async with asyncio.timeout(2):
                await self.keeper.give_back()
        except TimeoutError:  # the database is away
            return
