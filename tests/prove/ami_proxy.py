"""A TCP proxy in front of the PBX's AMI, in threads of its own: the link that can be cut, deaf, slow, or lie."""

import contextlib
import random
import socket
import threading
import time
from enum import Enum

TRICKLE_BYTES = 48


class Weather(Enum):
    FAIR = "fair"
    CUT = "cut"  # connections end, new ones are refused
    HALF_OPEN = "half-open"  # connections stand and swallow all; they never come back, new ones work after it
    SLOW = "slow"  # `bytes_per_second` each way
    GARBAGE = "garbage"  # bytes of no meaning between the PBX's own


class _Pair:
    def __init__(self, client: socket.socket, server: socket.socket, *, deaf: bool) -> None:
        self.client, self.server, self.deaf = client, server, deaf


class AmiProxy:
    """Listens on a free port of 127.0.0.1 and hands everything to `target` while the weather is fair."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.bytes_per_second = 4000.0
        self.garbage_bytes = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[_Pair] = []
        self._weather = Weather.FAIR
        self._rng = random.Random(0)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        number: int = self._door.getsockname()[1]
        return number

    def set(self, weather: Weather, rng: random.Random | None = None) -> None:
        self._rng = rng or self._rng
        before, self._weather = self._weather, weather
        if weather is Weather.CUT:
            self._end(self._pairs)
        for pair in self._pairs:
            pair.deaf = pair.deaf or weather is Weather.HALF_OPEN
        if before is Weather.HALF_OPEN:
            for pair in self._pairs:  # the PBX sees the end of what is dead; the service never does
                if pair.deaf:
                    _close(pair.server)

    def _end(self, pairs: list[_Pair]) -> None:
        for pair in pairs:
            _close(pair.client)
            _close(pair.server)
        self._pairs = []

    def _accept(self) -> None:
        while True:
            client, _ = self._door.accept()
            try:
                if self._weather is Weather.CUT:
                    raise ConnectionRefusedError
                server = socket.create_connection(self.target, timeout=2)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            pair = _Pair(client, server, deaf=self._weather is Weather.HALF_OPEN)
            self._pairs.append(pair)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(pair, source, sink), daemon=True).start()

    def _pump(self, pair: _Pair, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if not pair.deaf:
                    self._hand_on(pair, data, sink)
        except OSError:
            pass
        if not pair.deaf or source is pair.client:
            _close(source)
            _close(sink)

    def _hand_on(self, pair: _Pair, data: bytes, sink: socket.socket) -> None:
        if self._weather is Weather.GARBAGE and sink is pair.client:
            data = self._soiled(data)
        while data and self._weather is Weather.SLOW:
            sink.sendall(data[:TRICKLE_BYTES])
            data = data[TRICKLE_BYTES:]
            time.sleep(TRICKLE_BYTES / self.bytes_per_second)
        if data and not pair.deaf:
            sink.sendall(data)

    def _soiled(self, data: bytes) -> bytes:
        if self._rng.random() < 0.5:
            return data
        dirt = self._rng.randbytes(self._rng.randrange(1, 3000))
        if self._rng.random() < 0.3:
            dirt = dirt.replace(b"\n", b"\r\n\r\n")
        self.garbage_bytes += len(dirt)
        at = self._rng.randrange(len(data))
        return data[:at] + dirt + data[at:]


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
