"""Tables of work orders. Names, prices and zones are snapshots: later edits of their source change no order."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


def _begin(length: int) -> Callable[[Any], str]:
    def of(context: Any) -> str:
        return str(context.get_current_parameters()["customer_name"])[:length]

    return of


class WorkOrder(Base):
    """One order. `state`, `entry_seq`, `entered_at` and `due_at` are written by `transitions` only."""

    __tablename__ = "work_orders"
    __table_args__ = (
        Index("ix_work_orders_state", "state", "id"),
        Index("ix_work_orders_short_code", "short_code"),
        Index("ix_work_orders_customer_id", "customer_id", "id"),
        Index("ix_work_orders_contact_number", "contact_number"),
        *(Index(f"ix_work_orders_name_{length}", f"name_{length}", "id") for length in (1, 2, 3)),
        Index("ix_work_orders_journey_id", "journey_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    short_code: Mapped[str] = mapped_column(String(6))
    intake_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("intakes.id"))
    state: Mapped[str] = mapped_column(String(20))
    entry_seq: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()
    entered_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    priority: Mapped[str] = mapped_column(String(2))

    item_code: Mapped[str | None] = mapped_column(ForeignKey("service_items.code"))
    item_name: Mapped[str | None] = mapped_column(String(60))
    quantity: Mapped[int] = mapped_column(default=100)
    """Hundredths of the unit."""
    quote: Mapped[dict[str, Any] | None]
    total_fen: Mapped[int | None]
    price_agreed: Mapped[bool] = mapped_column(default=False)

    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"))
    customer_name: Mapped[str] = mapped_column(String(80))
    name_1: Mapped[str] = mapped_column(String(1), default=_begin(1), server_default="")
    """How `customer_name` begins, by one, two and three characters. Each with the id in an index: the newest orders
    of all whose name begins so are read in order. A range of names would have to be sorted, a twentieth of all."""
    name_2: Mapped[str] = mapped_column(String(2), default=_begin(2), server_default="")
    name_3: Mapped[str] = mapped_column(String(3), default=_begin(3), server_default="")
    customer_tier: Mapped[str] = mapped_column(String(12), default="none")
    contact_name: Mapped[str] = mapped_column(String(80))
    contact_number: Mapped[str | None] = mapped_column(String(24))
    address_text: Mapped[str] = mapped_column(String(300))
    zone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zones.id"))
    zone_version: Mapped[str | None] = mapped_column(String(40))
    zone_path: Mapped[list[Any]]
    zone_level: Mapped[str | None] = mapped_column(String(16))
    outer_zone: Mapped[bool] = mapped_column(default=False)

    wanted_from: Mapped[datetime | None]
    wanted_to: Mapped[datetime | None]
    wanted_clock: Mapped[str] = mapped_column(String(10), default="beijing")
    remarks: Mapped[str] = mapped_column(String(1000))

    journey_id: Mapped[uuid.UUID | None]
    recording_id: Mapped[str | None] = mapped_column(String(32))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]

    franchisee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("franchisees.id"))
    worker_name: Mapped[str | None] = mapped_column(String(80))
    charged_fen: Mapped[int | None]
    satisfaction: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("work_orders.id"))
    held_since: Mapped[datetime | None]
    hold_reason: Mapped[str | None] = mapped_column(String(200))
    receipt_state: Mapped[str | None] = mapped_column(String(16))
    receipt_to: Mapped[str | None] = mapped_column(String(24))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class StateChange(Base):
    """The history: one row per entry to a state, never changed. `data` holds the fields that came with it."""

    __tablename__ = "work_order_changes"
    __table_args__ = (UniqueConstraint("order_id", "entry_seq"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("work_orders.id"))
    entry_seq: Mapped[int]
    at: Mapped[datetime]
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    command: Mapped[str] = mapped_column(String(24))
    actor: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(300))
    data: Mapped[dict[str, Any]]


class Hold(Base):
    """A pause of an open order. Only those the customer asked for stop a clock (domain.md §4.4, invariant 2)."""

    __tablename__ = "work_order_holds"
    __table_args__ = (Index("ix_work_order_holds_order_id", "order_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("work_orders.id"))
    entry_seq: Mapped[int]
    by_customer: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(120))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]


class OrderDay(Base):
    """The last sequence number given on a Beijing day."""

    __tablename__ = "work_order_days"

    day: Mapped[str] = mapped_column(String(6), primary_key=True)
    last: Mapped[int]
