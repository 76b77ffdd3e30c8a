"""Many browsers on the wall in one program: bare sockets that note when each has heard a figure.

`python -m callcenter.bench.crowd HOST PORT`: cookies come on standard input, one a line, and an empty line behind
them. Prints `up` once all have had their first answer, and then, for each count of waiting callers that all have been
told, one line `COUNT FIRST LAST`: when the first and the last of them heard it, in seconds of the machine's clock.
A browser that is sent away says `lost` and why.
"""

import asyncio
import re
import struct
import sys
import time
from collections import defaultdict

from callcenter.auth.dependencies import COOKIE

AT_ONCE = 20
ALIVE_SECONDS = 10.0
_WAITING = re.compile(rb'"type":"figures".*"waiting":(\d+)')
_MASK = b"\0\0\0\0"
_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A


def _frame(kind: int, payload: bytes) -> bytes:
    """A browser's frame of less than 126 bytes; masked with zeros, which leaves it as it is."""
    return bytes((kind, 0x80 | len(payload))) + _MASK + payload


class Crowd:
    """What all have heard."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heard: defaultdict[int, list[float]] = defaultdict(list)

    def hear(self, payload: bytes) -> None:
        found = _WAITING.search(payload)
        if found is None:
            return
        times = self._heard[int(found[1])]
        times.append(time.monotonic())
        if len(times) == self._size:
            print(int(found[1]), times[0], times[-1], flush=True)


class Browser(asyncio.Protocol):
    """One socket: asks for the upgrade, says hello, answers pings, hands on what it hears."""

    def __init__(self, crowd: Crowd, address: tuple[str, int], cookie: str) -> None:
        self._crowd = crowd
        self._address = f"{address[0]}:{address[1]}"
        self._cookie = cookie
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        lines = (
            "GET /ws HTTP/1.1",
            f"Host: {self._address}",
            f"Origin: http://{self._address}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            f"Cookie: {COOKIE}={self._cookie}",
        )
        transport.write("\r\n".join([*lines, "", ""]).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._fail("not admitted")
                return
            self._upgraded, self._buffer = True, bytearray(rest)
            self.say(b'{"type":"hello"}')
        while (taken := self._take()) is not None:
            self._on_frame(*taken)

    def _take(self) -> tuple[int, bytes] | None:
        """The first whole frame in the buffer; a server does not mask."""
        held = self._buffer
        if len(held) < 2:
            return None
        length, start = held[1] & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(held) < 2 + size:
                return None
            length, start = int.from_bytes(held[2 : 2 + size], "big"), 2 + size
        if len(held) < start + length:
            return None
        kind, payload = held[0], bytes(held[start : start + length])
        del held[: start + length]
        return kind, payload

    def _on_frame(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            assert self._transport is not None
            self._transport.write(_frame(_PONG, payload))
        elif kind == _TEXT:
            if not self.ready.done():
                self.ready.set_result(None)
            self._crowd.hear(payload)
        else:
            self._fail(f"closed with {struct.unpack('!H', payload[:2])[0] if len(payload) > 1 else 'nothing'}")

    def _fail(self, why: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(why))
        else:
            print("lost", why, flush=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("connection lost")

    def say(self, text: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_frame(_TEXT, text))


async def _run(address: tuple[str, int], cookies: list[str]) -> None:
    loop, crowd, places = asyncio.get_running_loop(), Crowd(len(cookies)), asyncio.Semaphore(AT_ONCE)
    browsers: list[Browser] = []

    async def open_one(cookie: str) -> None:
        async with places:
            _, browser = await loop.create_connection(lambda: Browser(crowd, address, cookie), *address)
            browsers.append(browser)
            await browser.ready

    opening = asyncio.gather(*(open_one(cookie) for cookie in cookies))
    told = False
    while True:
        done, _ = await asyncio.wait([opening], timeout=ALIVE_SECONDS)
        if done and not told:
            opening.result()
            print("up", flush=True)
            told = True
        if told:
            await asyncio.sleep(ALIVE_SECONDS)
        for browser in browsers:
            browser.say(b'{"type":"alive"}')


if __name__ == "__main__":
    host, port = sys.argv[1], int(sys.argv[2])
    asyncio.run(_run((host, port), [line.strip() for line in iter(sys.stdin.readline, "\n")]))
