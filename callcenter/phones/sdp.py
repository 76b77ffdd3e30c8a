"""Session descriptions for one G.711 A-law stream with RFC 4733 digits (RFC 4566, RFC 3264). Pure."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from callcenter.phones.errors import GarbledMessage
from callcenter.phones.sip_address import Address

A_LAW = 8
"""Payload type of G.711 A-law (RFC 3551)."""
DEFAULT_DIGITS = 101

_AUDIO = re.compile(r"^m=audio ([0-9]{1,5})(?:/1)? RTP/S?AVPF?((?: [0-9]{1,3})+)\s*$", re.MULTILINE | re.ASCII)
_HOST = re.compile(r"^c=IN IP4 (\S+)\s*$", re.MULTILINE)
_DIGITS = re.compile(r"^a=rtpmap:([0-9]{1,3}) telephone-event/8000\s*$", re.MULTILINE | re.IGNORECASE)
_DIRECTION = re.compile(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)


class Direction(StrEnum):
    """Who sends, seen from the side that wrote the description."""

    BOTH = "sendrecv"
    SEND = "sendonly"
    RECEIVE = "recvonly"
    NONE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (Direction.BOTH, Direction.SEND)

    @property
    def receives(self) -> bool:
        return self in (Direction.BOTH, Direction.RECEIVE)


@dataclass(frozen=True)
class Description:
    address: Address
    codecs: tuple[int, ...] = (A_LAW, DEFAULT_DIGITS)
    digits: int = DEFAULT_DIGITS
    direction: Direction = Direction.BOTH

    @property
    def has_a_law(self) -> bool:
        return A_LAW in self.codecs


def answer_direction(offered: Direction, wished: Direction = Direction.BOTH) -> Direction:
    """Our direction towards an offer: we send only to one that receives, and the other way round."""
    sends = offered.receives and wished.sends
    receives = offered.sends and wished.receives
    if sends:
        return Direction.BOTH if receives else Direction.SEND
    return Direction.RECEIVE if receives else Direction.NONE


def build(description: Description, version: int) -> bytes:
    """The body for an INVITE or its 200; `version` rises with each new description of a call."""
    host, port = description.address
    lines = [
        "v=0",
        f"o=- 1 {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {A_LAW} {description.digits}",
        f"a=rtpmap:{A_LAW} PCMA/8000",
        f"a=rtpmap:{description.digits} telephone-event/8000",
        f"a=fmtp:{description.digits} 0-15",
        "a=ptime:20",
        f"a={description.direction}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def parse(body: bytes) -> Description:
    """Read the first audio stream. GarbledMessage without one or with an address that is not IPv4."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    audio = _AUDIO.search(text)
    if audio is None:
        raise GarbledMessage("no audio in the session description")
    hosts = list(_HOST.finditer(text))
    behind = [host[1] for host in hosts if host.start() > audio.start()]
    host = (behind or [host[1] for host in hosts] or [""])[0]
    digits = _DIGITS.search(text)
    direction = _DIRECTION.search(text)
    return Description(
        address=(_ipv4(host), _port(audio[1])),
        codecs=tuple(int(number) for number in audio[2].split()),
        digits=int(digits[1]) & 0x7F if digits else DEFAULT_DIGITS,
        direction=Direction(direction[1]) if direction else Direction.BOTH,
    )


def _ipv4(host: str) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise GarbledMessage("the media address is not IPv4") from None


def _port(text: str) -> int:
    if int(text) > 65535:
        raise GarbledMessage("the media port is out of range")
    return int(text)
