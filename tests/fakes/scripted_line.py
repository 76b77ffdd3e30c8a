"""A caller with a script, for menus: satisfies ivr.line.Line and keeps what was done to them."""

from collections import deque
from collections.abc import Iterable

from ivr.line import CallerHungUp

HANGS_UP = "hangs up"


class ScriptedLine:
    """Each prompt and each wait takes one entry of `script`: a key, "" (nothing pressed) or HANGS_UP.

    An entry that may not stop the prompt is ignored by it, as Asterisk does. After the script: nothing pressed.
    """

    def __init__(self, script: Iterable[str] = (), *, caller_number: str = "13800001111") -> None:
        self.caller_number = caller_number
        self.played: list[str] = []
        self.waited: list[float] = []
        self.steps: list[tuple[str, str]] = []
        self.results: dict[str, str] = {}
        self.over = False
        self._script = deque(script)

    def play(self, prompt: str, *, until: str = "") -> str:
        self._must_be_there()
        self.played.append(prompt)
        key = self._next()
        return key if key in until else ""

    def announce(self, prompt: str, *, keep: str = "") -> str:
        return self.play(prompt, until=keep)

    def wait_key(self, seconds: float) -> str:
        self._must_be_there()
        self.waited.append(seconds)
        return self._next()

    def note_step(self, node: str, key: str) -> None:
        self._must_be_there()
        self.steps.append((node, key))

    def set_result(self, name: str, value: str) -> None:
        self._must_be_there()
        self.results[name] = value

    def hang_up(self) -> None:
        self._must_be_there()
        self.over = True

    def _next(self) -> str:
        entry = self._script.popleft() if self._script else ""
        self.over = entry == HANGS_UP
        self._must_be_there()
        return entry

    def _must_be_there(self) -> None:
        if self.over:
            raise CallerHungUp("as scripted")
