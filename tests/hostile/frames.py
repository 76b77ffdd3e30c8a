"""What a hostile page, or no page at all, may send into the desk's websocket; and what must come of it."""

import asyncio
import base64
import contextlib
import json
import os
import struct
from collections.abc import Callable, Sequence
from uuid import uuid4

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.hostile.tried import Tried

Frame = str | bytes
LATE_SECONDS = 60.0
CLOSED = frozenset({1002, 1003, 1006, 1007, 1008, 1009, 1013})
"""Too big, no text, bad message, too many, too slow; 1006: cut in the middle of what was no websocket at all."""
_HELLO = '{"type":"hello","since":null,"tab":"t"}'

BAD: dict[str, Frame] = {
    "empty": "",
    "half JSON": '{"type":',
    "no object": "[1,2,3]",
    "no type": '{"tab":"t"}',
    "unknown type": '{"type":"launch"}',
    "type is a list": '{"type":["hello"]}',
    "type is null": '{"type":null}',
    "extra field": '{"type":"hello","admin":true}',
    "wrong types": '{"type":"hello","since":{"a":1},"tab":7}',
    "endless number": '{"type":"hello","since":' + "9" * 5000 + "}",
    "infinity": '{"type":"hello","since":1e999}',
    "not a number": '{"type":"hello","since":NaN}',
    "half a surrogate pair": '{"type":"hello","since":null,"tab":"\\ud800"}',
    "long tab": json.dumps({"type": "hello", "tab": "x" * 65}),
    "no id": '{"type":"pop_seen","pop_id":"1"}',
    "binary": bytes(range(256)),
    "binary hello": _HELLO.encode(),
    "deep": "[" * 8_000,
    "deep object": '{"type":' * 2_000,
    "control characters": "\x00\x01\x1b[2J",
    "bidi": "\u202e\u2066" * 50,
    "too long": '{"type":"alive","x":"' + "x" * 20_000 + '"}',
}
FLOODS: dict[str, Callable[[], Sequence[Frame]]] = {
    "hello without end": lambda: [_HELLO] * 1_000,
    "seen without end": lambda: [f'{{"type":"pop_seen","pop_id":"{uuid4()}"}}' for _ in range(1_000)],
    "alive without end": lambda: ['{"type":"alive"}'] * 3_000,
    "garbage without end": lambda: ["x"] * 3_000,
    "huge frame": lambda: ["x" * 3_000_000],
}  # fmt: skip
RAW: dict[str, bytes] = {
    "bad UTF-8 in a text": b"\x81\x84\x00\x00\x00\x00\xff\xfe\xc3\x28",
    "unmasked": b"\x81\x05hello",
    "reserved bits": b"\xf1\x80\x00\x00\x00\x00",
    "unknown opcode": b"\x83\x80\x00\x00\x00\x00",
    "announces 2^63 bytes": b"\x81\xff" + struct.pack(">Q", 1 << 62) + b"\x00" * 4 + b"x" * 70_000,
    "a piece that never began": b"\x80\x80\x00\x00\x00\x00",
    "pieces without end": b"\x01\x81\x00\x00\x00\x00x" + b"\x00\x81\x00\x00\x00\x00x" * 80_000,
    "a long ping": b"\x89\xfe\x04\x00\x00\x00\x00\x00" + b"x" * 1024,
    "a broken close": b"\x88\x81\x00\x00\x00\x00\x03",
    "no frame": b"GET / HTTP/1.1\r\n\r\n" * 10,
}


class Desk:
    """Opens sockets of one signed-in person; `address` as host:port."""

    def __init__(self, address: str, cookie: str) -> None:
        self._address = address
        self._cookie = cookie

    def _open(self) -> connect:
        return connect(
            f"ws://{self._address}/ws",
            origin=f"http://{self._address}",  # type: ignore[arg-type]
            additional_headers={"Cookie": self._cookie},
            proxy=None,
            max_queue=None,
        )

    async def works(self) -> bool:
        """A page that comes now gets its desk."""
        async with self._open() as socket:
            await socket.send(_HELLO)
            async for text in socket:
                if json.loads(text)["type"] in ("snapshot", "no_seat"):
                    return True
        return False

    async def say(self, frames: Sequence[Frame]) -> tuple[int | None, int]:
        """(the code it was closed with, the number of errors told)."""
        errors = 0
        async with self._open() as socket:
            writing = asyncio.create_task(_send_all(socket.send, frames))
            with contextlib.suppress(ConnectionClosed):
                async for text in socket:
                    errors += json.loads(text)["type"] == "error"
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            return socket.close_code, errors

    async def say_raw(self, data: bytes) -> bytes:
        """All that comes back after the handshake, until the other side closes."""
        host, _, port = self._address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            "GET /ws HTTP/1.1",
            f"Host: {self._address}",
            f"Origin: http://{self._address}",
            f"Cookie: {self._cookie}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await reader.readuntil(b"\r\n\r\n")
        heard = b""
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await writer.drain()
            writer.write(b"\x88\x80\x00\x00\x00\x00")  # a proper farewell, for what was no fault
            heard = await reader.read()
        writer.close()
        return heard


async def _send_all(send: Callable[[Frame], object], frames: Sequence[Frame]) -> None:
    for frame in frames:
        await send(frame)  # type: ignore[misc]


async def send_frames(desk: Desk, rounds: int) -> Tried:
    """Every kind, `rounds` times; after each kind the desk must work as before."""
    tried = Tried()
    for _ in range(rounds):
        for kind, frame in BAD.items():
            await _judge(tried, kind, desk, _five_bad(desk, frame))
        for kind, frames in FLOODS.items():
            await _judge(tried, kind, desk, _flood(desk, frames()))
        for kind, data in RAW.items():
            await _judge(tried, kind, desk, _raw(desk, data))
    return tried


async def _judge(tried: Tried, kind: str, desk: Desk, sending: "asyncio.Future[str] | object") -> None:
    tried.cases[f"websocket: {kind}"] += 1
    try:
        async with asyncio.timeout(LATE_SECONDS):
            complaint = await sending  # type: ignore[misc]
            if not complaint and not await desk.works():
                complaint = "the desk did not come back"
    except (TimeoutError, OSError) as error:
        complaint = f"{type(error).__name__}"
    if complaint:
        tried.complaints.append(f"websocket, {kind}: {complaint}")


async def _five_bad(desk: Desk, frame: Frame) -> str:
    code, errors = await desk.say([frame] * 5)
    return "" if (code, errors) == (1008, 5) else f"closed with {code} after {errors} errors"


async def _flood(desk: Desk, frames: Sequence[Frame]) -> str:
    code, _ = await desk.say(frames)
    return "" if code in CLOSED else f"closed with {code}"


async def _raw(desk: Desk, data: bytes) -> str:
    await desk.say_raw(data)  # that it ends is what we want
    return ""
