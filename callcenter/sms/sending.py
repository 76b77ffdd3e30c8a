"""Carrying a queued text to the gateway, once.

Before the gateway is asked the message is marked `sending`; found so at a later attempt, somebody died in between,
and whether the text went out cannot be known.
"""

import uuid
from datetime import timedelta

from callcenter.foundation import outbox
from callcenter.foundation.facts import Fact
from callcenter.foundation.outbox import Effect
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.sms.models import SmsMessage, SmsState
from callcenter.sms.ports import OutcomeUnknown, Rejected, SentMessage, SmsFailure, SmsGateway, Throttled
from callcenter.work_orders.models import WorkOrder

OUTBOX_KIND = "sms.send"
_FIRST_DELAY = 15.0
_LONGEST_DELAY = 1800.0


class SmsSender:
    """The outbox handler of `sms.send`."""

    def __init__(self, ledger: Ledger, gateway: SmsGateway) -> None:
        self._ledger = ledger
        self._gateway = gateway

    async def __call__(self, effect: Effect) -> None:
        """`RetryLater`, `GiveUp` or `OutcomeUnknown` of the outbox where the text did not simply go."""
        message_id = uuid.UUID(effect.payload["message_id"])
        message = await self._begin(message_id)
        if message is None:
            return
        try:
            sent = await self._gateway.send(to=message.number, text=message.text, reference=str(message_id))
        except OutcomeUnknown as failure:
            await self._settle(message_id, SmsState.UNKNOWN, failure.code)
            raise outbox.OutcomeUnknown(failure.code) from None
        except Rejected as failure:
            await self._settle(message_id, SmsState.FAILED, failure.code)
            raise outbox.GiveUp(failure.code) from None
        except SmsFailure as failure:
            await self._again(message_id, effect, failure)
        else:
            await self._settle(message_id, SmsState.SENT, None, sent)

    async def _begin(self, message_id: uuid.UUID) -> SmsMessage | None:
        """The message, marked `sending`; None if it has been settled already."""
        async with self._ledger.transaction() as tx:
            message = await tx.session.get_one(SmsMessage, message_id, with_for_update=True)
            interrupted = message.state == SmsState.SENDING
            if interrupted:
                await _note(tx, message, SmsState.UNKNOWN, "interrupted")
            elif message.state == SmsState.QUEUED:
                message.state, message.provider = SmsState.SENDING, self._gateway.name
                return message
        if interrupted:
            raise outbox.OutcomeUnknown("interrupted")
        return None

    async def _again(self, message_id: uuid.UUID, effect: Effect, failure: SmsFailure) -> None:
        if effect.attempt >= outbox.MOST_ATTEMPTS:
            await self._settle(message_id, SmsState.FAILED, failure.code)
            raise outbox.GiveUp(failure.code)
        await self._settle(message_id, SmsState.QUEUED, failure.code)
        raise outbox.RetryLater(failure.code, timedelta(seconds=delay_seconds(effect.attempt, failure)))

    async def _settle(
        self, message_id: uuid.UUID, state: SmsState, code: str | None, sent: SentMessage | None = None
    ) -> None:
        async with self._ledger.transaction() as tx:
            message = await tx.session.get_one(SmsMessage, message_id, with_for_update=True)
            if sent is not None:
                message.provider_id, message.sent_at = sent.provider_id, tx.now
            await _note(tx, message, state, code)


def delay_seconds(attempt: int, failure: SmsFailure) -> float:
    """Doubling from a quarter of a minute, unless the gateway named a time."""
    if isinstance(failure, Throttled) and failure.retry_after_seconds is not None:
        return failure.retry_after_seconds
    return min(_FIRST_DELAY * 2.0 ** (attempt - 1), _LONGEST_DELAY)


async def _note(tx: Transaction, message: SmsMessage, state: SmsState, code: str | None) -> None:
    """Write the state to the message and to the order it confirms; tell whoever watches, if it is final."""
    message.state, message.error_code = state, code
    order = await tx.session.get(WorkOrder, message.order_id, with_for_update=True) if message.order_id else None
    if order is not None:
        order.receipt_state = state
    if state not in (SmsState.SENT, SmsState.FAILED, SmsState.UNKNOWN):
        return
    data = {"message_id": str(message.id), "state": state.value, "error_code": code}
    tx.record(Fact(f"sms.{state}", f"sms:{message.id}", data))
    if order is not None:
        about = {"order_id": str(order.id), "journey_id": str(order.journey_id) if order.journey_id else None}
        tx.record(Fact("work_order.receipt_changed", f"order:{order.id}", {**data, **about}))
