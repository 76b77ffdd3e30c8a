"""When this machine stood still: its host runs others too, and takes all cores away for up to some seconds.

Asterisk stamps a moment and the SIP side's log stamps it again; a standstill between the two is no fault of anybody
here. It is seen by a thread that does nothing but sleep a little.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

TICK, LEAST = 0.05, 0.2
"""Seconds: how long it sleeps, and how much longer it must have been to count."""
KEPT = 10_000


class Standstills:
    """`note` them in order; `between` tells how much of a time they took. Seconds since 1970."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def note(self, began: float, ended: float) -> None:
        self._seen.append((began, ended))

    def between(self, one: float, other: float) -> float:
        """Seconds of standstill between two moments, in either order."""
        first, last = min(one, other), max(one, other)
        return sum(max(0.0, min(ended, last) - max(began, first)) for began, ended in list(self._seen))


@contextmanager
def watched() -> Iterator[Standstills]:
    """Those from now on."""
    seen, over = Standstills(), threading.Event()

    def watch() -> None:
        before = time.monotonic()
        while not over.wait(TICK):
            now = time.monotonic()
            if now - before > TICK + LEAST:
                ended = time.time()
                seen.note(ended - (now - before - TICK), ended)
            before = now

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
