"""Households that speak: calls with sound through menu and queue to a telephone that sends back what it hears.

`python -m callcenter.bench.speech HOST PORT CALLS KEY`: a program of its own, so that nothing else delays packets.
KEY answers the menu; "" where there is none: the echo of a key in a conversation would be a key of the agent's.
Each packet of 20 ms carries a number. Counting begins when the first one has come back; what then is sent and does
not come back was lost on one of the two ways. Prints `up` when all calls are through, and the sums as JSON once its
standard input has ended.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from callcenter.phones import CallState, PhoneError, Softphone, sound
from callcenter.phones.g711 import FRAME, SILENCE
from callcenter.phones.outgoing_call import OutgoingCall
from callcenter.phones.sip_address import Address

CARRIER = "127.0.0.2"
HOTLINE = "96365"
FIRST_NUMBER = 13770000000
SPACING_SECONDS = 0.15
THROUGH_SECONDS = 60.0
STRAGGLER_SECONDS = 1.0
_MARK = b"\x2a\x95\x2a\x95"


@dataclass(slots=True)
class Numbered(sound.Recording):
    """What is said and heard on one call; takes the place of its recording."""

    sent: int = 0
    back: int = 0
    through: asyncio.Event = field(default_factory=asyncio.Event)
    speaking: bool = True

    def frames(self) -> Iterator[bytes]:
        while True:
            if self.speaking:
                self.sent += self.through.is_set()
                yield (_MARK + self.sent.to_bytes(4, "big")).ljust(FRAME, SILENCE[:1])
            else:
                yield SILENCE

    def add(self, payload: bytes, at: float) -> None:
        if payload[:4] != _MARK:
            return  # music, or silence of the PBX
        if int.from_bytes(payload[4:8], "big"):
            self.back += 1
        self.through.set()

    def loud_seconds(self, level: int = 0) -> float:
        return 0.0


class Speaker:
    """One household on the line."""

    def __init__(self, number: int, server: Address) -> None:
        self._phone = Softphone(str(number), server, host=CARRIER)
        self._call: OutgoingCall | None = None
        self.heard = Numbered()

    async def call(self, key: str) -> None:
        """Dial, press the key, and speak until the other telephone's echo is heard. PhoneError."""
        await self._phone.open()
        self._call = call = self._phone.dial(HOTLINE)
        await call.wait_for(CallState.UP, timeout=10.0)
        call.media.recording = self.heard
        call.media.say(self.heard.frames())
        if key:
            await call.press(key)
        async with asyncio.timeout(THROUGH_SECONDS):
            await self.heard.through.wait()

    @property
    def stays(self) -> bool:
        return self._call is not None and self._call.state is CallState.UP

    async def close(self) -> None:
        await self._phone.close()


async def _run(server: Address, calls: int, key: str) -> dict[str, int]:
    speakers = [Speaker(FIRST_NUMBER + n, server) for n in range(calls)]
    try:
        begun = []
        for speaker in speakers:
            begun.append(asyncio.create_task(speaker.call(key)))
            await asyncio.sleep(SPACING_SECONDS)
        for failure in await asyncio.gather(*begun, return_exceptions=True):
            if isinstance(failure, BaseException) and not isinstance(failure, PhoneError | TimeoutError):
                raise failure
        print("up", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        stayed = sum(speaker.stays for speaker in speakers)
        for speaker in speakers:
            speaker.heard.speaking = False
        await asyncio.sleep(STRAGGLER_SECONDS)
    finally:
        await asyncio.gather(*(speaker.close() for speaker in speakers))
    sent = sum(speaker.heard.sent for speaker in speakers)
    back = sum(speaker.heard.back for speaker in speakers)
    through = sum(speaker.heard.through.is_set() for speaker in speakers)
    return {"calls": calls, "through": through, "stayed": stayed, "packets": sent, "lost": sent - back}


if __name__ == "__main__":
    host, port, count, pressed = sys.argv[1:]
    print(json.dumps(asyncio.run(_run((host, int(port)), int(count), pressed))), flush=True)
