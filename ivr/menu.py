"""Menus: a prompt, some keys, patience. One loop asks them all."""

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.line import Line

KEYS = "0123456789*#"


@dataclass(frozen=True)
class Choice:
    """`key` on the telephone; `name` is what the caller wants, for the flow that asked."""

    key: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Menu:
    """`node` names it in reports; prompts are ids. `wait` is seconds of silence after the prompt."""

    node: str
    prompt: str
    choices: tuple[Choice, ...]
    tries: int = 2
    wait: float = 5.0
    no_key: str = "no-key"
    invalid_key: str = "invalid-key"

    def choice(self, key: str) -> Choice | None:
        """What `key` stands for here."""
        return next((choice for choice in self.choices if choice.key == key), None)


def ask(line: Line, menu: Menu, early: str = "") -> Choice | None:
    """Ask until a valid key comes; None when the tries are used up (the caller shall get a person).

    early: a key pressed before the menu spoke; it answers the first try.

    Every key may interrupt every prompt, also the correction, where it counts as the next try's answer.
    """
    for tries_left in reversed(range(menu.tries)):
        key = early or line.play(menu.prompt, until=KEYS) or line.wait_key(menu.wait)
        choice = menu.choice(key)
        line.note_step(menu.node, _step(key, choice))
        if choice is not None:
            return choice
        if tries_left:
            early = line.play(menu.invalid_key if key else menu.no_key, until=KEYS)
    return None


def _step(key: str, choice: Choice | None) -> str:
    if choice is not None:
        return key
    return f"invalid:{key}" if key else "timeout"


def prompts_of(menu: Menu) -> Iterator[str]:
    """Every prompt the menu may play; a test holds them against the sound files."""
    yield from (menu.prompt, menu.no_key, menu.invalid_key)
