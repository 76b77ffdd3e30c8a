"""What the PBX says, from the client's callback to the ledger: in its own time, in order, nothing dropped.

One consumer takes batches from the inbox. A batch that cannot be written is kept by the engine and tried again until
the database is back; what comes meanwhile waits in the inbox.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from callcenter.calls.engine import LATER, CallEngine
from callcenter.calls.events import LineEvent
from callcenter.calls.pbx_events import DeviceStateChanged, FenceReached, MemberEvent
from callcenter.foundation import logs
from callcenter.foundation.ids import new_secret_id
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import ami_events
from callcenter.telephony.ami_client import AmiClient, AmiOutcomeUnknown, Message
from callcenter.telephony.ami_headers import stamp_of
from callcenter.telephony.devices import DeviceKeeper
from callcenter.telephony.inbox import Inbox
from callcenter.telephony.members import MemberKeeper
from callcenter.telephony.pbx_clock import PbxClock, Window

FENCE_SECONDS = 5.0
GATHER_SECONDS = 0.003
WRITE_AGAIN_SECONDS = 0.2


class Intake:
    """One a PBX. `on_overflow` is called when something had to be dropped: the link must be made anew."""

    def __init__(
        self,
        ledger: Ledger,
        engine: CallEngine,
        pbx: str,
        members: MemberKeeper,
        devices: DeviceKeeper,
        on_overflow: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._pbx = pbx
        self._members = members
        self._devices = devices
        self._on_overflow = on_overflow
        self._fences: dict[str, asyncio.Event] = {}
        self._log = logs.get("pbx_link")
        self.clock = PbxClock()
        self.handling = Window()
        self.events = 0
        self.inbox = Inbox()
        self.turn = asyncio.Lock()
        """Whoever writes what the PBX tells has it: the consumer, or a comparison."""

    def forget(self) -> None:
        """What was heard and not taken yet."""
        self.inbox = Inbox()

    # ---- what the PBX says ----

    def hear(self, message: Message) -> None:
        """The client's callback."""
        event = ami_events.translate(message, self._pbx, self._ledger.clock.now())
        if event is None:
            return
        self.events += 1
        if "Timestamp" in message:
            at = self.clock.corrected(event.at, time.monotonic())
            if at is not event.at:
                event = replace(event, at=at)
        if isinstance(event, FenceReached) and event.run in self._fences:
            self._fences[event.run].set()
        self.inbox.put(event)
        if self.inbox.overflowed:
            self._on_overflow()

    def pong(self, sent: float, received: float, answer: Message) -> None:
        """A ping's answer, with our monotonic seconds before and after."""
        self.clock.answered(sent, received, stamp_of(answer), self._ledger.clock.now())

    async def now(self, client: AmiClient) -> datetime:
        """The PBX's time, in which everything about its calls is reckoned; ours if it does not tell."""
        if self._engine.open_count == 0:
            self.clock.settle()
        try:
            await client.ping()
        except TimeoutError as error:
            raise AmiOutcomeUnknown("Ping") from error
        return self.clock.shown_at(time.monotonic()) or self._ledger.clock.now()

    async def fence(self, client: AmiClient) -> None:
        """On return all that the PBX said before is in the inbox."""
        run = new_secret_id()
        reached = self._fences[run] = asyncio.Event()
        try:
            await client.send("UserEvent", {"UserEvent": "Fence", "Run": run})
            async with asyncio.timeout(FENCE_SECONDS):
                await reached.wait()
        except TimeoutError as error:
            raise AmiOutcomeUnknown("the fence did not come back") from error
        finally:
            del self._fences[run]

    # ---- writing ----

    async def consume(self) -> None:
        """Until cancelled."""
        while True:
            await self.inbox.wait()
            # What happens comes as a handful of messages within 2 ms: one transaction for all, not one for the first.
            await self.inbox.gather(GATHER_SECONDS)
            async with self.turn:
                await self.drain()

    async def drain(self) -> None:
        """Write all that is in the inbox. To be called by who has the turn."""
        while batch := self.inbox.take():
            came_at = self.inbox.came_at
            try:
                await self._engine.take(batch)
            except Exception:
                # The database is away: the engine keeps what it could not write; try until it is back.
                self._log.exception("batch_not_written", events=len(batch))
                await self.write_again()
            await self._note(batch)
            now = time.monotonic()
            self.handling.add(now, now - came_at)

    async def write_again(self) -> None:
        """Return once nothing is left unwritten."""
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
                self._members.note(event)
            elif isinstance(event, DeviceStateChanged):
                await self._note_device(event)

    async def _note_device(self, event: DeviceStateChanged) -> None:
        while True:
            try:
                return await self._devices.note(event)
            except LATER as error:
                self._log.warning("device_not_written_yet", error=type(error).__name__)
                await asyncio.sleep(WRITE_AGAIN_SECONDS)
            except Exception:
                # A fault of ours with one telephone must not stop the others; the next sweep sees what is wrong.
                self._log.exception("device_not_written")
                return None
