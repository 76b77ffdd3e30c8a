"""Our sign of life in the PBX, in its own time.

When the sign is a minute old the PBX brings back the members whom we have paused for wrap-up, and nobody else
(asterisk_conf/dialplan/service_gone.conf). The PBX has no clock that runs dialplan by itself, so a channel of ours
watches; it outlives us and is made anew where none is found.
"""

import asyncio

from callcenter.foundation import logs
from callcenter.telephony.ami_client import AmiClient, AmiOutcomeUnknown, AmiUnavailable

EVERY_SECONDS = 15.0
BEAT, WATCHED = "CALLCENTER_HEARTBEAT", "WRAP_UP_WATCHED"
"""Global variables of the PBX, seconds since 1970 in its own time: our last sign of life, and the watch's."""
WATCH_SECONDS = 60
"""A watch that has not looked for so long is none."""
WATCH = "Local/s@wrap-up-watch/n"


class Heartbeat:
    """One a PBX."""

    def __init__(self, every_seconds: float = EVERY_SECONDS) -> None:
        self._every_seconds = every_seconds
        self._log = logs.get("heartbeat")

    async def run(self, client: AmiClient) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.beat(client)
            except (AmiUnavailable, AmiOutcomeUnknown):
                self._log.warning("no_heartbeat")  # the link's own pings decide whether it is lost
            await asyncio.sleep(self._every_seconds)

    async def beat(self, client: AmiClient) -> None:
        """Write the PBX's present time; see to the watch. Raises as `AmiClient.send`."""
        now = await _seconds(client, "EPOCH")
        if not now:
            return
        await client.send("Setvar", {"Variable": BEAT, "Value": str(now)})
        if abs(now - await _seconds(client, WATCHED)) <= WATCH_SECONDS:
            return
        await client.send("Setvar", {"Variable": WATCHED, "Value": str(now)})  # nobody else starts one meanwhile
        half = {"Application": "Wait", "Data": "2000000000"}
        await client.send("Originate", {"Channel": WATCH, "Async": "true", **half})
        self._log.info("watch_started")


async def _seconds(client: AmiClient, variable: str) -> int:
    answer = await client.send("Getvar", {"Variable": variable})
    value = str(answer.get("Value", ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else 0
