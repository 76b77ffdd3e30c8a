"""The AMI side of a socket that signs one client in and then says everything it has, as fast as it is taken.

In a thread that does little but write, so that the CPU time of the client's thread is the client's own.
"""

import socket
import threading

from callcenter.bench.fake_pbx import GREETING
from callcenter.bench.recordings import encode

LAST = "bench-end"
_END = encode({"Event": "UserEvent", "Privilege": "user,all", "UserEvent": "Fence", "Run": LAST})


class Pouring:
    """`with Pouring(stream) as port:`; behind the stream comes a fence named `LAST`."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self._door = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        port: int = self._door.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._door.close()
        self._thread.join(5)

    def _serve(self) -> None:
        client, _ = self._door.accept()
        with client:
            client.sendall(GREETING)
            said = b""
            while b"\r\n\r\n" not in said:
                said += client.recv(4096)
            action = dict(line.split(": ", 1) for line in said.decode().splitlines() if ": " in line)
            answer = encode({"Response": "Success", "ActionID": action["ActionID"]})
            client.sendall(answer + self._stream + _END)
            self._over.wait(60)
