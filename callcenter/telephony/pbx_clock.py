"""The PBX's clock as we see it: how late its news comes, how far its clock is from ours, and whether it was set.

Pure; told of stamps and of our own monotonic seconds. A stamp alone cannot tell lateness from a wrong clock, so the
answers to our pings (stamped by the PBX between our sending and receiving) say where its clock stands: of the last
minute the answer with the shortest way counts. What a stamp is behind that is lateness.

A PBX whose clock is set while calls are up would give them negative or far too long times. A stamp that lies
`SET_SECONDS` before the last one, or after the present, is such a step: from then on `corrected` takes it out again,
until the link finds no open call (`settle`). Where no ping was answered with a stamp, stamps are taken as they come.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SET_SECONDS = 2.0
"""Less is drift or reordering. News comes in order but for some milliseconds."""
PINGS = 12
SAMPLES = 1000
WINDOW_SECONDS = 300.0


class Window:
    """The newest durations, none older than `WINDOW_SECONDS`; percentiles of them in milliseconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES)

    def add(self, now: float, seconds: float) -> None:
        self._samples.append((now, seconds))

    def percentiles(self, now: float) -> tuple[float, float] | None:
        """(p50, p99) in milliseconds; None if there is nothing that is new enough."""
        found = sorted(seconds for at, seconds in self._samples if now - at <= WINDOW_SECONDS)
        if not found:
            return None
        last = len(found) - 1
        return found[last // 2] * 1000, found[round(last * 0.99)] * 1000


@dataclass(frozen=True, slots=True)
class _Answer:
    """A ping's answer: the PBX's time was `stamp` when ours was `at` ± half the way."""

    way: float
    at: float
    stamp: float


class PbxClock:
    """See the module's text. `now` is always a reading of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.lag = Window()
        self.offset_seconds: float | None = None
        """Our wall clock minus the PBX's, from the last good answer; None if it never told the time."""
        self.steps = 0
        """How often the PBX's clock was set under open calls."""
        self._answers: deque[_Answer] = deque(maxlen=PINGS)
        self._best: _Answer | None = None
        self._step = 0.0
        self._last = 0.0
        self._seen = 0.0

    @property
    def is_set(self) -> bool:
        """True while stamps are being corrected."""
        return self._step != 0.0

    def settle(self) -> None:
        """No call is open: the PBX's clock counts again as it is."""
        if self._step:
            self._forget()
        self._step = self._last = 0.0

    def answered(self, sent: float, received: float, stamp: datetime | None, wall: datetime) -> datetime | None:
        """A ping of `sent` was answered at `received` (`wall` by our wall clock); the corrected stamp."""
        if stamp is None or received < sent:
            return None
        middle, way = (sent + received) / 2, received - sent
        self.offset_seconds = (wall - stamp).total_seconds() - way / 2
        corrected = self._continuous(stamp.timestamp(), middle, slack=way)
        self._answers.append(_Answer(way, middle, corrected))
        self._best = min(self._answers, key=lambda answer: answer.way)
        return _utc(corrected)

    def corrected(self, stamp: datetime, received: float) -> datetime:
        """The event's time without steps of the PBX's clock. Counts its lateness."""
        raw = stamp.timestamp()
        at = self._continuous(raw, received, slack=0.0)
        shown = self._shown_at(received)
        if shown is not None:
            self.lag.add(received, max(shown - at, 0.0))
        return stamp if at == raw else _utc(at)

    def _continuous(self, raw: float, now: float, *, slack: float) -> float:
        if now < self._seen - 0.5:  # our own monotonic clock was tampered with: what we knew is worth nothing
            self._forget()
            self._last = 0.0
        self._seen = now
        at, shown = raw + self._step, self._shown_at(now)
        limit = SET_SECONDS + slack
        if shown is not None and (at < self._last - limit or at > shown + limit):
            self._step += shown - at
            self.steps += 1
            at = shown
        self._last = max(self._last, at)
        return at

    def shown_at(self, now: float) -> datetime | None:
        """What the PBX's clock shows at `now`, corrected; None if it never told the time."""
        shown = self._shown_at(now)
        return None if shown is None else _utc(shown)

    def _shown_at(self, now: float) -> float | None:
        return None if self._best is None else self._best.stamp + (now - self._best.at)

    def _forget(self) -> None:
        self._answers.clear()
        self._best = None


def _utc(stamp: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=stamp)
