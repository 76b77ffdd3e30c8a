"""Which gateway a deployment uses."""

from importlib import import_module
from typing import cast

from callcenter.foundation.settings import Settings
from callcenter.sms.console_gateway import ConsoleGateway
from callcenter.sms.ports import SmsGateway


def gateway_of(settings: Settings) -> SmsGateway:
    """Twilio if account, token and sender are set, else the console."""
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from
    if not (sid and token and sender):
        return ConsoleGateway()
    # Only now: the SDK costs a quarter of a second of CPU and 26 MB, and most deployments have no account.
    twilio = import_module("callcenter.sms.twilio_gateway")
    account = twilio.TwilioAccount(sid, token.get_secret_value(), sender)
    return cast(SmsGateway, twilio.TwilioGateway(account))
