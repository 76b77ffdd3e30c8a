"""The sound of one call: an RTP socket that sends 20 ms frames and digits, counts and records what comes."""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass

from callcenter.phones import g711, sound
from callcenter.phones.errors import GarbledMessage, PhoneError
from callcenter.phones.rtp import DIGITS, DigitEvent, RtpPacket, parse_digit, parse_rtp
from callcenter.phones.sdp import A_LAW, Description
from callcenter.phones.sip_address import Address
from callcenter.phones.waiting import Changes

FRAME_SECONDS = 0.02
DIGIT_FRAMES = 6
GAP_FRAMES = 5


@dataclass(frozen=True)
class _Key:
    """One 20 ms step of a pressed key; the last step is sent three times (RFC 4733 §2.5.1.4)."""

    event: DigitEvent
    first: bool


class MediaStream(asyncio.DatagramProtocol):
    """One per call. open(), then connect() as often as the other side's description changes, then close()."""

    def __init__(self) -> None:
        self.packets_in = 0
        self.packets_out = 0
        self.packets_lost = 0
        self.digits_in = ""
        self.recording = sound.Recording()
        self.changes = Changes()
        self.sending = True
        self._frames = sound.silence()
        self._keys: deque[_Key | None] = deque()
        self._remote: Description | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sender: asyncio.Task[None] | None = None
        self._sequence = secrets.randbelow(0x8000)
        self._timestamp = self._key_began = secrets.randbelow(0x80000000)
        self._ssrc = secrets.randbits(32)
        self._last_in: tuple[int, int] | None = None
        self._last_key = -1

    async def open(self, host: str) -> Address:
        """Take a free port on `host`; returns where we receive."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        address: Address = self._transport.get_extra_info("sockname")
        return address

    def connect(self, remote: Description) -> None:
        """Send to where `remote` wants it. Sending begins with the first call."""
        self._remote = remote
        # A changed description may leave out numbers of packets that were never meant for us (hold).
        self._last_in = None
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._send_all())

    def say(self, frames: sound.Frames) -> None:
        """From now on send these frames."""
        self._frames = frames

    async def press(self, digits: str, timeout: float = 10.0) -> None:
        """Send keys as RFC 4733 events, 120 ms each; returns when the last is out."""
        if any(digit not in DIGITS for digit in digits):
            raise PhoneError("a telephone has only the keys 0-9 * # A-D")
        for digit in digits:
            for step in range(1, DIGIT_FRAMES + 1):
                event = DigitEvent(digit, step == DIGIT_FRAMES, step * g711.FRAME)
                self._keys.append(_Key(event, step == 1))
            self._keys.extend([None] * GAP_FRAMES)
        await self.changes.until(lambda: not self._keys, "keys sent", timeout)

    def close(self) -> None:
        """Stop sending and give the port back."""
        if self._sender is not None:
            self._sender.cancel()
        if self._transport is not None:
            self._transport.close()

    async def _send_all(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._send_step()
            self._timestamp += g711.FRAME
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _send_step(self) -> None:
        if self._remote is None or self._remote.address[1] == 0:
            return
        key = self._keys.popleft() if self._keys else None
        if key is not None:
            self._send_key(key, self._remote)
        elif self.sending and self._remote.direction.receives:
            self._send(A_LAW, self._timestamp, next(self._frames), marker=False)
        if not self._keys:
            self.changes.notify()

    def _send_key(self, key: _Key, remote: Description) -> None:
        if key.first:
            self._key_began = self._timestamp
        for _ in range(3 if key.event.end else 1):
            self._send(remote.digits, self._key_began, key.event.encode(), marker=key.first)

    def _send(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool) -> None:
        assert self._transport is not None
        assert self._remote is not None
        self._sequence += 1
        packet = RtpPacket(payload_type, self._sequence, timestamp, self._ssrc, payload, marker)
        self._transport.sendto(packet.encode(), self._remote.address)
        self.packets_out += 1

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Count, record, read keys. Packets from strangers and garbage are passed over."""
        if self._remote is None or addr[0] != self._remote.address[0]:
            return
        try:
            packet = parse_rtp(data)
            self._count(packet)
            if packet.payload_type == A_LAW:
                self.recording.add(packet.payload, asyncio.get_running_loop().time())
            elif packet.payload_type == self._remote.digits:
                self._hear_key(packet)
        except GarbledMessage:
            return
        self.changes.notify()

    def _count(self, packet: RtpPacket) -> None:
        self.packets_in += 1
        before, self._last_in = self._last_in, (packet.ssrc, packet.sequence)
        if before is not None and before[0] == packet.ssrc:
            step = (packet.sequence - before[1]) & 0xFFFF
            self.packets_lost += step - 1 if 0 < step < 1000 else 0

    def _hear_key(self, packet: RtpPacket) -> None:
        event = parse_digit(packet.payload)
        if event.end and packet.timestamp != self._last_key:
            self._last_key = packet.timestamp
            self.digits_in += event.digit
