"""When an order is confirmed, its household gets a receipt: written in the transaction that confirms the order."""

import uuid

from callcenter.catalogue.models import ServiceItem
from callcenter.customers.models import Customer
from callcenter.foundation import outbox
from callcenter.foundation.facts import Fact
from callcenter.foundation.ids import new_id
from callcenter.foundation.messages import DEFAULT
from callcenter.foundation.phone_numbers import PhoneNumber
from callcenter.foundation.transactions import Transaction, WithinHandler
from callcenter.sms.models import SmsMessage, SmsState
from callcenter.sms.segments import segments
from callcenter.sms.sending import OUTBOX_KIND
from callcenter.sms.templates import RECEIPT, Receipt, receipt_text
from callcenter.work_orders.models import WorkOrder

NOT_POSSIBLE = "not_possible"


def receipts(hotline: str) -> WithinHandler:
    """The handler for `work_order.confirmed`; `hotline` is the number the text asks to ring."""

    async def on_confirmed(tx: Transaction, fact: Fact) -> None:
        order = await tx.session.get_one(WorkOrder, uuid.UUID(fact.data["order_id"]))
        order.receipt_to = order.contact_number
        if order.contact_number is None or not PhoneNumber(order.contact_number).is_mobile:
            order.receipt_state = NOT_POSSIBLE
            return
        message = await _message(tx, order, order.contact_number, hotline)
        tx.session.add(message)
        outbox.put(
            tx,
            kind=OUTBOX_KIND,
            key=f"receipt:{order.id}:{order.entry_seq}",
            payload={"message_id": str(message.id)},
        )
        order.receipt_state = SmsState.QUEUED

    return on_confirmed


async def _message(tx: Transaction, order: WorkOrder, to: str, hotline: str) -> SmsMessage:
    customer = await tx.session.get(Customer, order.customer_id) if order.customer_id else None
    locale = customer.language if customer else DEFAULT
    text = receipt_text(locale, await _receipt(tx, order, locale, hotline))
    return SmsMessage(
        id=new_id(),
        direction="out",
        number=to,
        text=text,
        template=RECEIPT,
        locale=locale,
        segments=segments(text),
        state=SmsState.QUEUED,
        order_id=order.id,
        created_at=tx.now,
    )


async def _receipt(tx: Transaction, order: WorkOrder, locale: str, hotline: str) -> Receipt:
    item = await tx.session.get(ServiceItem, order.item_code) if order.item_code else None
    name = (item.names.get(locale) if item else None) or order.item_name or ""
    assert order.wanted_from is not None, "a confirmed order has its time"
    assert order.wanted_to is not None, "a confirmed order has its time"
    return Receipt(
        number=order.number,
        item=name,
        wanted_from=order.wanted_from,
        wanted_to=order.wanted_to,
        clock=order.wanted_clock,
        total_fen=order.total_fen or 0,
        hotline=hotline,
    )
