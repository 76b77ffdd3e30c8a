"""Texts into the log, where no gateway is configured: nothing leaves, everything can be seen."""

from callcenter.foundation import logs
from callcenter.foundation.phone_numbers import mask
from callcenter.sms.ports import SentMessage


class ConsoleGateway:
    """See `SmsGateway`."""

    name = "console"

    def __init__(self) -> None:
        self._log = logs.get("sms.console")

    async def send(self, *, to: str, text: str, reference: str) -> SentMessage:
        self._log.info("sms_shown_instead_of_sent", to=mask(to), text=text, reference=reference)
        return SentMessage(f"console-{reference}")
