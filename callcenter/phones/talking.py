"""What a person does once a call is up: speak, press keys now and then, hang up or listen to the end."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from callcenter.phones import sound
from callcenter.phones.call import Call
from callcenter.phones.errors import CallGone, PhoneError, WaitTimedOut
from callcenter.phones.happenings import CallState

_PRESSES = re.compile(r"[0-9*#]*(,[0-9*#]*)*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Talk:
    """Times in seconds after the answer. `press`: "1,0" presses 1, waits `press_pause`, presses 0.

    say: a WAV file (8 kHz, 16 bit, mono) or "tone"; None is silence.
    seconds: hang up after that long; None stays until the other side hangs up.
    """

    press: str = ""
    press_after: float = 3.0
    press_pause: float = 3.0
    say: Path | str | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not _PRESSES.fullmatch(self.press):
            raise PhoneError("keys are 0-9 * # with commas for pauses")


def frames_for(say: Path | str | None) -> sound.Frames:
    """The frames for a Talk's `say`; PhoneError when the file cannot be used."""
    if say is None:
        return sound.silence()
    return sound.tone() if say == "tone" else sound.wav_file(Path(say))


async def talk(call: Call, plan: Talk) -> None:
    """Play the plan on a call that is up; returns when it is over."""
    call.media.say(frames_for(plan.say))
    keys = asyncio.ensure_future(_press(call, plan))
    try:
        await call.changes.until(lambda: call.state is CallState.ENDED, "call over", plan.seconds or 24 * 3600.0)
    except WaitTimedOut:
        await call.hang_up()
    finally:
        keys.cancel()
        await asyncio.gather(keys, return_exceptions=True)


async def _press(call: Call, plan: Talk) -> None:
    if not plan.press:
        return
    await asyncio.sleep(plan.press_after)
    for number, keys in enumerate(plan.press.split(",")):
        if number:
            await asyncio.sleep(plan.press_pause)
        try:
            await call.press(keys)
        except CallGone:
            return
