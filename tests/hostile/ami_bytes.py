"""Recorded AMI streams, spoilt byte by byte, into our AMI client and translation. Pure: no socket, no PBX."""

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

from callcenter.calls.switchboard import Switchboard
from callcenter.telephony.ami_client import MOST_MESSAGE_BYTES, _Link, _Protocol
from callcenter.telephony.ami_events import live_line, live_wait, translate
from tests.hostile.tried import Tried
from tests.recorded_calls import NAMES, messages

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
SENTINEL = b"\r\n\r\nEvent: Sentinel\r\nMark: 1\r\n\r\n"
MOST_CHUNK = 65_536
GBK = "王小明，乌鲁木齐".encode("gbk")
Spoiler = Callable[[bytes, random.Random], bytes]


def wire(name: str) -> bytes:
    """A recording as Asterisk wrote it."""
    return b"".join(_message(message) for message in messages(name))


def _message(message: dict[str, Any]) -> bytes:
    lines = []
    for key, value in message.items():
        if not key.startswith("_"):
            lines += [f"{key}: {one}" for one in (value if isinstance(value, list) else [value])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _at(raw: bytes, rng: random.Random) -> int:
    return rng.randrange(len(raw))


def _put(what: bytes) -> Spoiler:
    def spoil(raw: bytes, rng: random.Random) -> bytes:
        at = _at(raw, rng)
        return raw[:at] + what + raw[at:]

    return spoil


def _cut(raw: bytes, rng: random.Random) -> bytes:
    begin, end = sorted((_at(raw, rng), _at(raw, rng)))
    return raw[:begin] + raw[end:]


def _no_colon(raw: bytes, rng: random.Random) -> bytes:
    return raw.replace(b": ", rng.choice([b"", b":", b" ", b" :"]), rng.randrange(1, 200))


def _flipped(raw: bytes, rng: random.Random) -> bytes:
    spoilt = bytearray(raw)
    for _ in range(rng.randrange(1, 200)):
        spoilt[_at(raw, rng)] = rng.randrange(256)
    return bytes(spoilt)


def _one_break(raw: bytes, rng: random.Random) -> bytes:
    return raw.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\n\r"]), rng.randrange(1, 100))


def _interleaved(raw: bytes, rng: random.Random) -> bytes:
    """Answers nobody waits for, inside of events."""
    return _put(b"\r\nResponse: Success\r\nActionID: action/x/1/1\r\nMessage: \r\n\r\n")(raw, rng)


def _doubled(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.split(b"\r\n")
    for _ in range(rng.randrange(1, 40)):
        at = rng.randrange(len(lines))
        lines.insert(at, lines[rng.randrange(len(lines))])
    return b"\r\n".join(lines)


def _endless(size: int) -> Spoiler:
    def spoil(raw: bytes, rng: random.Random) -> bytes:
        at = _at(raw, rng)
        return raw[:at] + rng.choice([b"x", b"\x00", b"\xff", b"\r\n", b": "]) * size + raw[at:]

    return spoil


SPOILERS: dict[str, Spoiler] = {
    "cut": _cut,
    "no colon": _no_colon,
    "flipped bytes": _flipped,
    "NUL": _put(b"\x00" * 9),
    "bad UTF-8": _put(b"\xc3\x28\xe7\x8e\xff\xfe"),
    "GBK name": lambda raw, rng: raw.replace(b"CallerIDName: ", b"CallerIDName: " + GBK, 3),
    "one line break": _one_break,
    "interleaved answer": _interleaved,
    "doubled headers": _doubled,
    "long line": _endless(5_000),
}
HUGE: dict[str, Spoiler] = {"10 MB without end": _endless(10_000_000)}


class _Wire:
    """A transport that only knows whether it was given up."""

    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.aborted = True


class _Listener:
    """Translates all it is told, as the link does, and keeps what went wrong."""

    def __init__(self) -> None:
        self.sentinel = False
        self.faults: list[str] = []
        self._board = Switchboard("a")

    def hear(self, message: Any) -> None:
        try:
            self._take(message)
        except Exception as error:  # whatever it is, it is the finding
            self.faults.append(f"{type(error).__name__}: {error}")

    def _take(self, message: Any) -> None:
        self.sentinel = self.sentinel or message.get("Event") == "Sentinel"
        live_line(message)
        live_wait(message)
        event = translate(message, "a")
        if event is not None:
            for change in self._board.apply(event):
                for text in (change.journey.caller, change.journey.caller_name, change.journey.dialled):
                    assert text.isprintable(), "an unprintable text in a journey"


def _chunks(raw: bytes, rng: random.Random) -> Iterator[bytes]:
    at = 0
    while at < len(raw):
        size = rng.choice([1, 7, 100, 1_460, MOST_CHUNK]) if len(raw) < 1_000_000 else MOST_CHUNK
        yield raw[at : at + size]
        at += size


def _feed(raw: bytes, rng: random.Random) -> tuple[list[str], bool]:
    """(complaints, whether the link was given up)."""
    listener, transport = _Listener(), _Wire()
    protocol = _Protocol(_Link(listener.hear, loop=asyncio.get_running_loop(), encoding="utf8"))
    protocol.connection_made(transport)
    complaints, most = [], 0
    for chunk in _chunks(GREETING + raw + SENTINEL, rng):
        if transport.aborted:
            break
        protocol.data_received(chunk)
        most = max(most, len(protocol._bytes))
    if most > MOST_MESSAGE_BYTES + MOST_CHUNK:
        complaints.append(f"{most} bytes kept")
    if not transport.aborted and not listener.sentinel:
        complaints.append("not heard what came behind the garbage")
    return complaints + listener.faults, transport.aborted


async def listen(cases: int, huge: int, rng: random.Random) -> Tried:
    """`cases` spoilt streams of each kind and `huge` enormous ones."""
    tried = Tried()
    recorded = {name: wire(name) for name in NAMES}
    for spoilers, times in ((SPOILERS, cases), (HUGE, huge)):
        for kind, spoil in spoilers.items():
            for _ in range(times):
                raw = spoil(recorded[rng.choice(NAMES)], rng)
                try:
                    complaints, given_up = _feed(raw, rng)
                except Exception as error:  # whatever it is, it is the finding
                    complaints, given_up = [f"raised {type(error).__name__}: {error}"], False
                tried.cases[f"AMI: {kind}"] += 1
                if given_up and kind not in HUGE:
                    complaints.append("gave up the link")
                tried.complaints += [f"AMI {kind}: {one}" for one in complaints]
                await asyncio.sleep(0)
    return tried
