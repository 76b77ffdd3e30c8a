"""RTP packets (RFC 3550) and digits in them (RFC 4733). Pure."""

import struct
from dataclasses import dataclass

from callcenter.phones.errors import GarbledMessage

DIGITS = "0123456789*#ABCD"
"""RFC 4733 event codes 0 to 15, in order."""

_HEAD = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")


@dataclass(frozen=True)
class RtpPacket:
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        second = self.payload_type & 0x7F | self.marker << 7
        head = _HEAD.pack(0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return head + self.payload


def parse_rtp(data: bytes) -> RtpPacket:
    """Read one packet, sources, extension and padding taken off; GarbledMessage when it is not RTP."""
    if len(data) < _HEAD.size or data[0] >> 6 != 2:
        raise GarbledMessage("not RTP")
    first, second, sequence, timestamp, ssrc = _HEAD.unpack_from(data)
    start = _HEAD.size + 4 * (first & 0xF)
    if first & 0x10:
        if len(data) < start + 4:
            raise GarbledMessage("RTP extension is cut")
        start += 4 + 4 * int(struct.unpack_from("!H", data, start + 2)[0])
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if start > end:
        raise GarbledMessage("RTP payload is cut")
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, data[start:end], bool(second & 0x80))


@dataclass(frozen=True)
class DigitEvent:
    """One RFC 4733 payload: which key, whether it is up again, for how many samples it was down."""

    digit: str
    end: bool
    duration: int
    volume: int = 10

    def encode(self) -> bytes:
        return _EVENT.pack(DIGITS.index(self.digit), self.end << 7 | self.volume & 0x3F, self.duration & 0xFFFF)


def parse_digit(payload: bytes) -> DigitEvent:
    """Read one event payload; GarbledMessage when it is not a telephone key."""
    if len(payload) < _EVENT.size or payload[0] >= len(DIGITS):
        raise GarbledMessage("not a telephone key")
    code, flags, duration = _EVENT.unpack_from(payload)
    return DigitEvent(DIGITS[code], bool(flags & 0x80), duration, flags & 0x3F)
