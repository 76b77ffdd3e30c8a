"""From spoken samples to a 16 kHz master, from a master to the 8 kHz file of the telephone. Needs sox."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

MASTER_RATE = 16_000
PHONE_RATE = 8_000

_PEAK = ("norm", "-3")
_NO_SILENCE = ("silence", "1", "0.02", "0.3%", "reverse", "silence", "1", "0.02", "0.3%", "reverse")
_LEAD_AND_TAIL = ("pad", "0.10", "0.12")
_TONE = ("synth", "0.4", "sine", "1000", "gain", "-9", "fade", "0.01", "0.4", "0.01")


def write_master(path: Path, sentences: Sequence[bytes], rate: int, pause_ms: int) -> None:
    """Join sentences (16-bit little-endian mono at `rate` Hz) with pauses and write them at 16 kHz."""
    pause = bytes(2 * (rate * pause_ms // 1000))
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = ["-t", "raw", "-r", str(rate), "-e", "signed", "-b", "16", "-L", "-c", "1", "-"]
    _sox(*raw, "-b", "16", str(path), "rate", "-v", str(MASTER_RATE), *_PEAK, samples=pause.join(sentences))


def write_phone_file(path: Path, master: Path, *, tone: bool = False) -> None:
    """Derive the 8 kHz 16-bit mono file: rumble and outer silence off, peak at -3 dB, a short lead and tail.

    `tone`: 0.4 s of 1000 Hz, softer than the words, follow them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = ("remix", "-", "highpass", "100", "rate", "-v", str(PHONE_RATE))
    if not tone:
        _sox(str(master), "-b", "16", str(path), *shape, *_NO_SILENCE, *_PEAK, *_LEAD_AND_TAIL)
        return
    with tempfile.TemporaryDirectory() as folder:
        words, beep = Path(folder, "words.wav"), Path(folder, "tone.wav")
        _sox(str(master), "-b", "16", str(words), *shape, *_NO_SILENCE, *_PEAK, "pad", "0.10", "0.35")
        _sox("-n", "-r", str(PHONE_RATE), "-c", "1", "-b", "16", str(beep), *_TONE)
        _sox(str(words), str(beep), str(path))


def _sox(*arguments: str, samples: bytes = b"") -> None:
    # -D: dither would put noise into the digital silence.
    subprocess.run(["sox", "-D", *arguments], input=samples, check=True)  # noqa: S607 (own arguments; sox by PATH)
