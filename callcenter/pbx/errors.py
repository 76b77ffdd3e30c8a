"""Expected failures of the PBX commands.

PbxError
├── AsteriskNotAvailable   no usable Asterisk, and none could be fetched
├── PlanRefused            a value must not enter the configuration
├── PortTaken              another program listens on a port of the block
├── NotRunning             the command needs a running instance
├── StartFailed            Asterisk ended, or was not booted in time
└── InstanceBroken         instance.json is missing or unreadable
"""


class PbxError(Exception):
    """One clear line for people; the command line prints it and exits with 1."""


class AsteriskNotAvailable(PbxError):
    pass


class PlanRefused(PbxError):
    def __init__(self, field: str, reason: str) -> None:
        # The value itself is left out: it may be a secret or a household's number.
        super().__init__(f"{field}: {reason}")
        self.field = field


class PortTaken(PbxError):
    pass


class NotRunning(PbxError):
    pass


class StartFailed(PbxError):
    pass


class InstanceBroken(PbxError):
    pass
