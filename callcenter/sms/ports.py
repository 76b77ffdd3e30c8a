"""What texting needs of a gateway, and what may go wrong on the way. Standard library only."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The gateway has taken the text; delivery is reported later, if at all."""

    provider_id: str


class SmsFailure(Exception):
    """`code`: the provider's error code, or a word of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Throttled(SmsFailure):
    """Not sent: too much at the moment. Try again after `retry_after_seconds` (None = as usual)."""

    def __init__(self, code: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(code)
        self.retry_after_seconds = retry_after_seconds


class Rejected(SmsFailure):
    """Not sent and never will be: the number, the text or the recipient's wish is against it."""


class Unreachable(SmsFailure):
    """Not sent: the gateway could not be reached or does not know us. Try again."""


class OutcomeUnknown(SmsFailure):
    """Perhaps sent. Nobody wants the same text twice, so a person looks at it."""


class SmsGateway(Protocol):
    @property
    def name(self) -> str:
        """Which way texts go: `twilio`, `console`."""
        ...

    async def send(self, *, to: str, text: str, reference: str) -> SentMessage:
        """Hand one text to the gateway. `to` is E.164; `reference` is ours, for logs. Raises an `SmsFailure`."""
        ...
