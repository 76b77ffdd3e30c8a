"""A socket to Asterisk as pyst2 wants it (readline, write, flush).

UTF-8 that never fails; lines and waits are bounded.
"""

import socket
import time
from collections.abc import Callable

LINE_BYTES = 4096
"""Longer lines come from no Asterisk (its own buffer is 2048)."""


class AgiSocket:
    """Every wait ends at the deadline: TimeoutError. Lines that never end: ConnectionError."""

    def __init__(self, connection: socket.socket, now: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._now = now
        self._buffer = b""
        self._deadline = now()

    def allow(self, seconds: float) -> None:
        """From now on, waiting may take so long altogether, however the other side drips."""
        self._deadline = self._now() + seconds

    def readline(self) -> str:
        """One line with its end; "" at the end of file."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > LINE_BYTES:
                raise ConnectionError("a line without end")
            self._limit_wait()
            chunk = self._connection.recv(LINE_BYTES)
            if not chunk:
                return ""
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace") + "\n"

    def write(self, text: str) -> None:
        self._limit_wait()
        self._connection.sendall(text.encode("utf-8", "replace"))

    def flush(self) -> None:
        """write() keeps nothing back."""

    def _limit_wait(self) -> None:
        left = self._deadline - self._now()
        if left <= 0:
            raise TimeoutError("Asterisk did not answer in time")
        self._connection.settimeout(left)
