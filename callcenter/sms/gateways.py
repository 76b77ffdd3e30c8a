"""Which gateway a deployment uses."""

from callcenter.foundation.settings import Settings
from callcenter.sms.console_gateway import ConsoleGateway
from callcenter.sms.ports import SmsGateway
from callcenter.sms.twilio_gateway import TwilioAccount, TwilioGateway


def gateway_of(settings: Settings) -> SmsGateway:
    """Twilio if account, token and sender are set, else the console."""
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_from
    if sid and token and sender:
        return TwilioGateway(TwilioAccount(sid, token.get_secret_value(), sender))
    return ConsoleGateway()
