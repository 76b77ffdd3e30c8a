"""What a menu may do to a caller, whatever carries it out."""

from typing import Protocol


class LineError(Exception):
    """Base: the menu cannot go on; Asterisk carries on with the call by itself.

    LineError
    ├── CallerHungUp   nobody is listening any more
    ├── LineBroken     Asterisk is silent, gone, or says what we do not understand
    └── UnsafeText     a text of ours would not be one AGI command
    """


class CallerHungUp(LineError):
    """The caller is gone."""


class LineBroken(LineError):
    """The connection to Asterisk cannot be used any more."""


class UnsafeText(LineError, ValueError):
    """A value with control characters, or too long a command."""


class Line(Protocol):
    """One caller. Every method raises CallerHungUp or LineBroken when the call cannot go on."""

    @property
    def caller_number(self) -> str:
        """As the PBX knows it, "" when it is withheld. Personal: never log it."""

    def play(self, prompt: str, *, until: str = "") -> str:
        """Play a prompt by its id; returns the key of `until` that stopped it, "" when it was heard out."""

    def announce(self, prompt: str, *, keep: str = "") -> str:
        """Play a prompt to its end whatever is pressed; returns the first key of `keep`, "" when there was none."""

    def wait_key(self, seconds: float) -> str:
        """One key of 0-9 * # A-D, "" when none came in time."""

    def note_step(self, node: str, key: str) -> None:
        """Tell the backend what was pressed where: a key, `timeout`, or `invalid:<key>`."""

    def set_result(self, name: str, value: str) -> None:
        """Set a variable for the dialplan that carries on after us."""

    def hang_up(self) -> None:
        """End the call."""
