"""G.711 A-law: 16-bit samples to octets and back, by tables made from the ITU's segment rule. Pure."""

import array
import functools
from collections.abc import Iterable

SAMPLE_RATE = 8000
FRAME = 160
"""Samples (and octets) in 20 ms."""
SILENCE = b"\xd5" * FRAME

_SEGMENT_ENDS = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)


def encode(samples: Iterable[int]) -> bytes:
    """Samples in −32768…32767 to A-law octets."""
    table = _encoding()
    return bytes(table[(sample >> 3) + 4096] for sample in samples)


def decode(octets: bytes) -> "array.array[int]":
    """A-law octets to 16-bit samples."""
    table = _decoding()
    return array.array("h", (table[octet] for octet in octets))


@functools.cache
def _encoding() -> bytes:
    return bytes(_octet(value) for value in range(-4096, 4096))


@functools.cache
def _decoding() -> tuple[int, ...]:
    return tuple(_sample(octet) for octet in range(256))


def _octet(value: int) -> int:
    mask, value = (0xD5, value) if value >= 0 else (0x55, -value - 1)
    segment = next(number for number, end in enumerate(_SEGMENT_ENDS) if value <= end)
    step = value >> 1 if segment < 2 else value >> segment
    return (segment << 4 | step & 0xF) ^ mask


def _sample(octet: int) -> int:
    octet ^= 0x55
    segment = octet >> 4 & 7
    value = ((octet & 0xF) << 4) + (8 if segment == 0 else 0x108)
    if segment > 1:
        value <<= segment - 1
    return value if octet & 0x80 else -value
