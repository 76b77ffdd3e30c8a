"""Work orders as JSON."""

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from callcenter.catalogue.schemas import Quantity, QuoteOut
from callcenter.customers.schemas import Household, Instant, IsoTime, NamedOut, NumberOut, Text
from callcenter.foundation.web import In, Out
from callcenter.intakes.kinds import IntakeKind
from callcenter.intakes.wanted_time import ClockName
from callcenter.work_orders.states import Command
from callcenter.zones.schemas import ZoneOut

Name = Annotated[Text, Field(max_length=80)]
Priority = Literal["P0", "P1", "P2", "P3"]


class WantedIn(In):
    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    clock: ClockName = ClockName.BEIJING

    @model_validator(mode="after")
    def in_order(self) -> "WantedIn":
        if self.to <= self.from_:
            raise ValueError("ends before it begins")
        return self


class OrderForm(In):
    """What an agent has filled in; what is missing for an order is answered by `order_incomplete`."""

    journey_id: uuid.UUID | None = None
    kind: IntakeKind
    customer_id: uuid.UUID | None = None
    customer_name: Name = ""
    contact_name: Name = ""
    contact_number: Annotated[Text, Field(max_length=64)] = "caller"
    item_code: Annotated[Text, Field(max_length=40)] | None = None
    quantity: Quantity | None = Decimal(1)
    address_text: Annotated[Text, Field(max_length=300)] = ""
    zone_id: uuid.UUID | None = None
    wanted: WantedIn | None = None
    remarks: Annotated[Text, Field(max_length=1000)] = ""
    price_agreed: bool = False
    quoted_total_fen: Annotated[int, Field(ge=0, le=10**9)] | None = None
    priority: Priority | None = None


class QuoteIn(In):
    item_code: Annotated[Text, Field(max_length=40)]
    quantity: Quantity
    customer_id: uuid.UUID | None = None
    start: Instant | None = None
    zone_id: uuid.UUID | None = None


class CommandIn(In):
    """A command of the office with the fields that may come with it; firms and dispatch have doors of their own."""

    command: Command
    reason: Annotated[Text, Field(max_length=300)] | None = None
    party_at_fault: Literal["customer", "firm", "platform", "none"] | None = None
    severity: Annotated[int, Field(ge=1, le=3)] | None = None
    decision: Annotated[Text, Field(max_length=500)] | None = None
    fee_decision: Annotated[Text, Field(max_length=200)] | None = None
    customer_told: bool | None = None
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None
    merged_into_id: uuid.UUID | None = None
    initiator: Literal["customer", "firm"] | None = None
    wanted: WantedIn | None = None

    def fields(self) -> dict[str, Any]:
        """What was given, by the names the state table knows."""
        given = self.model_dump(exclude={"command", "reason", "wanted"}, exclude_none=True)
        if self.wanted is not None:
            given |= {
                "wanted_from": self.wanted.from_,
                "wanted_to": self.wanted.to,
                "wanted_clock": self.wanted.clock.value,
            }
        return given


class WantedOut(Out):
    from_: Annotated[IsoTime, Field(serialization_alias="from")]
    to: IsoTime
    clock: str


class OrderBrief(Out):
    id: str
    number: str
    state: str
    item_name: str | None
    wanted: WantedOut | None
    due_at: IsoTime | None
    priority: str
    franchisee_name: str | None
    worker_name: str | None


class ReceiptOut(Out):
    state: str
    to: NumberOut


class ChangeOut(Out):
    at: IsoTime
    from_: Annotated[str | None, Field(serialization_alias="from")]
    to: str
    actor: str
    reason: str | None


class Order(OrderBrief):
    customer: NamedOut | None
    address_text: str
    zone: ZoneOut | None
    contact_name: str
    contact_number: NumberOut
    remarks: str
    quote: QuoteOut | None
    created_at: IsoTime
    created_by: str
    journey_id: str | None
    recording_id: str | None
    receipt: ReceiptOut | None
    held: bool
    commands: list[str]
    history: list[ChangeOut]


class OrderPage(Out):
    items: list[OrderBrief]
    next_cursor: str | None


class IntakeBrief(Out):
    id: str
    kind: str
    state: str


class Placed(Out):
    """`order` is null for kinds that become no work order."""

    order: Order | None
    intake: IntakeBrief


class PastContact(Out):
    at: IsoTime
    channel: Literal["call", "sms", "order", "complaint"]
    text: str
    journey_id: str | None
    order_id: str | None


class CustomerCard(Household):
    open_orders: list[OrderBrief]
    last_contacts: list[PastContact]
