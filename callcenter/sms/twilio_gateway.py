"""Texts through Twilio; the only file that imports its SDK.

The SDK blocks, so each send runs in a thread. Twilio has no idempotency key for messages: whatever leaves it open
whether a text went out is `OutcomeUnknown` and never sent again by itself.
"""

import asyncio
from dataclasses import dataclass

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from callcenter.foundation import logs
from callcenter.sms.ports import OutcomeUnknown, Rejected, SentMessage, SmsFailure, Throttled, Unreachable

TIMEOUT_SECONDS = 10.0
_SENDER_FULL_SECONDS = 600.0

_THROTTLED: dict[int, float | None] = {
    20429: None,  # too many API requests
    63017: None,  # account above its messages per second
    21611: _SENDER_FULL_SECONDS,  # the sender's queue is full (ten hours of messages)
    30001: _SENDER_FULL_SECONDS,
}
_OUR_CREDENTIALS = frozenset({20003, 20404})
"""Wrong account or token: nothing was sent, and an operator will put it right."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    account_sid: str
    auth_token: str
    sender: str
    base_url: str | None = None
    """Another address of the API, for tests; None = Twilio's own."""
    timeout_seconds: float = TIMEOUT_SECONDS


class TwilioGateway:
    """See `SmsGateway`."""

    name = "twilio"

    def __init__(self, account: TwilioAccount) -> None:
        # The SDK's client has neither a time limit nor retries: it needs the first and must not get the second.
        http = TwilioHttpClient(timeout=account.timeout_seconds, max_retries=None)
        self._client = Client(account.account_sid, account.auth_token, http_client=http)
        if account.base_url is not None:
            self._client.api.base_url = account.base_url
        self._sender = account.sender
        self._log = logs.get("sms.twilio")

    async def send(self, *, to: str, text: str, reference: str) -> SentMessage:
        return await asyncio.to_thread(self._send, to, text, reference)

    def _send(self, to: str, text: str, reference: str) -> SentMessage:
        try:
            message = self._client.messages.create(to=to, from_=self._sender, body=text)
        except TwilioRestException as error:
            raise self._noted(failure_of(error.status, error.code), reference) from None
        except (requests.RequestException, TwilioException, ValueError) as error:
            raise self._noted(_failure_of_transport(error), reference) from None
        if not message.sid:
            raise self._noted(OutcomeUnknown("no_message_sid"), reference)
        return SentMessage(message.sid)

    def _noted(self, failure: SmsFailure, reference: str) -> SmsFailure:
        self._log.warning("sms_not_sent", failure=type(failure).__name__, code=failure.code, reference=reference)
        return failure


def failure_of(status: int, code: int | None) -> SmsFailure:
    """What an error answer of the API means, by Twilio's code where it is known, else by the HTTP status."""
    text = str(code) if code else f"http_{status}"
    if code in _THROTTLED:
        return Throttled(text, _THROTTLED[code])
    if status == 429:
        return Throttled(text)
    if status in (401, 403) or code in _OUR_CREDENTIALS:
        return Unreachable(text)
    if status >= 500:
        return OutcomeUnknown(text)
    return Rejected(text)


def _failure_of_transport(error: Exception) -> SmsFailure:
    """A connection that was never made sent nothing; one that broke later may have."""
    name = type(error).__name__
    if isinstance(error, requests.ConnectTimeout):
        return Unreachable(name)
    reason = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    if isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError | ConnectTimeoutError):
        return Unreachable(name)
    return OutcomeUnknown(name)
