"""What a phone says (silence, a tone, a file) and what it hears (a recording)."""

import itertools
import math
import wave
from collections.abc import Iterator
from pathlib import Path

from callcenter.phones import g711
from callcenter.phones.errors import PhoneError

LOUD = 200
"""Root mean square (of 32767) above which a frame counts as sound: −44 dB; line noise of G.711 is 8."""

Frames = Iterator[bytes]
"""A-law frames of 20 ms."""


def silence() -> Frames:
    """Silence for ever."""
    return itertools.repeat(g711.SILENCE)


def tone(hertz: int = 440, level: int = 8000) -> Frames:
    """A sine for ever; whole frames repeat after one second, so `hertz` is a whole number."""
    wave_of_a_second = (level * math.sin(2 * math.pi * hertz * n / g711.SAMPLE_RATE) for n in range(g711.SAMPLE_RATE))
    return itertools.cycle(_cut(g711.encode(round(sample) for sample in wave_of_a_second)))


def wav_file(path: Path) -> Frames:
    """A file (8 kHz, 16 bit, mono), then silence. PhoneError when it has another form or is no WAV file."""
    try:
        with wave.open(str(path), "rb") as source:
            form = (source.getframerate(), source.getsampwidth(), source.getnchannels())
            data = source.readframes(source.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise PhoneError(f"cannot read the sound file {path.name}: {error}") from error
    if form != (g711.SAMPLE_RATE, 2, 1):
        raise PhoneError(f"{path.name} must be 8000 Hz, 16 bit, mono")
    samples = memoryview(data).cast("h")
    return itertools.chain(_cut(g711.encode(samples)), silence())


def _cut(octets: bytes) -> list[bytes]:
    frames = [octets[start : start + g711.FRAME] for start in range(0, len(octets), g711.FRAME)]
    return [frame.ljust(g711.FRAME, g711.SILENCE[:1]) for frame in frames]


class Recording:
    """What came in, on the clock: where nothing arrived there is silence. At most `limit` seconds are kept."""

    def __init__(self, limit: float = 600.0) -> None:
        self._octets = bytearray()
        self._limit = int(limit * g711.SAMPLE_RATE)
        self._began: float | None = None

    def add(self, payload: bytes, at: float) -> None:
        """Append A-law octets that arrived at monotonic time `at` (seconds)."""
        self._began = at if self._began is None else self._began
        missing = int((at - self._began) * g711.SAMPLE_RATE) - len(self._octets)
        room = self._limit - len(self._octets)
        if missing > 4 * g711.FRAME:
            self._octets += g711.SILENCE[:1] * min(missing, room)
        self._octets += payload[: max(0, self._limit - len(self._octets))]

    @property
    def seconds(self) -> float:
        return len(self._octets) / g711.SAMPLE_RATE

    def loud_seconds(self, level: int = LOUD) -> float:
        """How many seconds of it were sound rather than silence, in steps of 20 ms."""
        samples = g711.decode(bytes(self._octets))
        frames = (samples[start : start + g711.FRAME] for start in range(0, len(samples), g711.FRAME))
        loud = sum(1 for frame in frames if sum(s * s for s in frame) > level * level * len(frame))
        return loud * g711.FRAME / g711.SAMPLE_RATE

    def save(self, path: Path) -> None:
        """Write it as WAV: 8 kHz, 16 bit, mono."""
        with wave.open(str(path), "wb") as target:
            target.setnchannels(1)
            target.setsampwidth(2)
            target.setframerate(g711.SAMPLE_RATE)
            target.writeframes(g711.decode(bytes(self._octets)).tobytes())
