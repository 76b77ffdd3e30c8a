"""What we ask of the telephone system. State never changes here: it changes when the PBX says so."""

from typing import Protocol


class SwitchUnavailable(Exception):
    """The PBX cannot be asked now; calls go on without us."""


class SwitchOutcomeUnknown(Exception):
    """No answer in time: it may have had its effect. Never sent again."""


class Switch(Protocol):
    """Each method raises `SwitchUnavailable` if it had no effect, `SwitchOutcomeUnknown` if nobody knows."""

    async def answer(self, channel: str) -> None:
        """Ask the ringing device behind `channel` to answer (telephones that know `Event: talk`)."""
        ...

    async def reject(self, channel: str) -> None:
        """Refuse the ringing call behind `channel` for its agent; the queue goes on to the next."""
        ...

    async def hang_up(self, channel: str) -> None:
        """End that line."""
        ...
