"""What can go wrong with a telephone, as a tree.

PhoneError
├── GarbledMessage   a packet that is not SIP, SDP or RTP as we read it
├── UnsafeText       a text that would break out of its SIP header
├── WaitTimedOut     a named condition did not come true in time
└── CallGone         the call has ended (or is not yet up), so it cannot do what was asked
"""


class PhoneError(Exception):
    """Base of all errors of this package."""


class GarbledMessage(PhoneError, ValueError):
    """A received packet that cannot be read."""


class UnsafeText(PhoneError, ValueError):
    """A text with control characters was meant for a SIP header."""


class CallGone(PhoneError):
    """The call is not in a state in which this is possible."""


class WaitTimedOut(PhoneError, TimeoutError):
    """`condition` did not come true within `seconds`."""

    def __init__(self, condition: str, seconds: float) -> None:
        super().__init__(f"waited {seconds:g} s in vain for: {condition}")
        self.condition = condition
        self.seconds = seconds
