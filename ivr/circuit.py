"""A circuit breaker: a backend that failed is not asked again for a while."""

import threading
import time
from collections.abc import Callable


class Circuit:
    """Closed, or open until a time, then one caller probes. Safe between threads."""

    def __init__(self, rest_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest_seconds
        self._now = now
        self._lock = threading.Lock()
        self._open_until: float | None = None

    def may_ask(self) -> bool:
        """Whether to ask now. After the rest exactly one asker gets True until it reports."""
        with self._lock:
            if self._open_until is None:
                return True
            if self._now() < self._open_until:
                return False
            self._open_until = self._now() + self._rest
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._open_until = None

    def failed(self) -> None:
        with self._lock:
            self._open_until = self._now() + self._rest
