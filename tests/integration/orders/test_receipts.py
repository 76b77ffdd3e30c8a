"""The receipt's way from the order to the gateway and back onto the order."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.customers.models import Customer
from callcenter.foundation.facts import FactRow
from callcenter.foundation.outbox import OutboxRow, OutboxWorker
from callcenter.sms.models import SmsMessage
from callcenter.sms.ports import OutcomeUnknown, Rejected, SentMessage, SmsFailure, Throttled, Unreachable
from callcenter.sms.sending import OUTBOX_KIND, SmsSender
from tests.integration.orders.conftest import CALLER, City


@dataclass
class ScriptedGateway:
    """Fails as told, then takes everything."""

    failures: list[SmsFailure] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    name: str = "scripted"

    async def send(self, *, to: str, text: str, reference: str) -> SentMessage:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((to, text))
        return SentMessage(f"SM{len(self.sent)}")


async def carry_out(city: City, gateway: ScriptedGateway) -> None:
    await OutboxWorker(city.ledger, {OUTBOX_KIND: SmsSender(city.ledger, gateway)}).run_once()


async def states(city: City, order: dict[str, Any]) -> tuple[str, str, str]:
    """(order's receipt, message, outbox row)"""
    shown = (await city.client.get(f"/api/v1/work-orders/{order['id']}")).json()
    async with city.ledger.reading() as session:
        message = (await session.scalars(select(SmsMessage))).one()
        row = (await session.scalars(select(OutboxRow))).one()
    return shown["receipt"]["state"], message.state, row.state


async def test_a_receipt_goes_once_and_the_order_says_so(city: City) -> None:
    order, gateway = await city.placed(), ScriptedGateway()
    await carry_out(city, gateway)
    await carry_out(city, gateway)
    assert [to for to, _ in gateway.sent] == [CALLER]
    assert order["number"] in gateway.sent[0][1]
    assert await states(city, order) == ("sent", "sent", "done")
    async with city.ledger.reading() as session:
        types = list(await session.scalars(select(FactRow.type).order_by(FactRow.position)))
    assert types[-2:] == ["sms.sent", "work_order.receipt_changed"]


@pytest.mark.parametrize("failure", [Throttled("20429"), Unreachable("ConnectTimeout")])
async def test_what_was_not_sent_is_tried_again_later(city: City, failure: SmsFailure) -> None:
    order, gateway = await city.placed(), ScriptedGateway([failure])
    await carry_out(city, gateway)
    assert await states(city, order) == ("queued", "queued", "waiting")
    await carry_out(city, gateway)
    assert gateway.sent == [], "not before its time"
    city.clock.advance(timedelta(seconds=15))
    await carry_out(city, gateway)
    assert await states(city, order) == ("sent", "sent", "done")


@pytest.mark.parametrize(
    ("failure", "state"), [(Rejected("21614"), "failed"), (OutcomeUnknown("ReadTimeout"), "unknown")]
)
async def test_a_number_that_takes_no_texts_and_a_text_that_may_have_gone_are_not_tried_again(
    city: City, failure: Exception, state: str
) -> None:
    order, gateway = await city.placed(), ScriptedGateway([failure])
    for _ in range(3):
        await carry_out(city, gateway)
        city.clock.advance(timedelta(hours=1))
    assert gateway.sent == []
    assert await states(city, order) == (state, state, state)


async def test_a_service_that_died_while_sending_does_not_send_again(city: City) -> None:
    order = await city.placed()
    async with city.ledger.transaction() as tx:
        message = (await tx.session.scalars(select(SmsMessage))).one()
        message.state = "sending"
    gateway = ScriptedGateway()
    await carry_out(city, gateway)
    assert gateway.sent == []
    assert await states(city, order) == ("unknown", "unknown", "unknown")


async def test_tries_end_some_day(city: City) -> None:
    order, gateway = await city.placed(), ScriptedGateway([Unreachable("x")] * 20)
    for _ in range(10):
        await carry_out(city, gateway)
        city.clock.advance(timedelta(hours=1))
    assert len(gateway.failures) == 12
    assert await states(city, order) == ("failed", "failed", "failed")


async def test_uyghur_households_read_uyghur(city: City) -> None:
    first = await city.placed()
    async with city.ledger.transaction() as tx:
        customer = (await tx.session.scalars(select(Customer))).one()
        customer.language = "ug"
    await city.placed(item_code="lamp-install", quoted_total_fen=6000)
    async with city.ledger.reading() as session:
        texts = list(await session.scalars(select(SmsMessage.text).order_by(SmsMessage.id)))
    assert first["number"] in texts[0]
    assert "چىراغ ئورنىتىش" in texts[1]
