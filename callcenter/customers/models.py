"""Tables of households. Numbers are many-to-many: a household has several, a shared line several households."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base


class Customer(Base):
    """A household. The totals are kept by the use cases that change them (`customers.totals`)."""

    __tablename__ = "customers"
    # varchar_pattern_ops: else LIKE 'name%' cannot use it
    __table_args__ = (Index("ix_customers_name", "name", postgresql_ops={"name": "varchar_pattern_ops"}),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    tier: Mapped[str] = mapped_column(String(12), default="none")
    language: Mapped[str] = mapped_column(String(8), default="zh-CN")
    note: Mapped[str | None] = mapped_column(String(500))
    note_at: Mapped[datetime | None]
    since: Mapped[datetime]
    orders: Mapped[int] = mapped_column(default=0)
    open_orders: Mapped[int] = mapped_column(default=0)
    amount_fen: Mapped[int] = mapped_column(default=0)
    points: Mapped[int] = mapped_column(default=0)


class Contact(Base):
    """A person of a household."""

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_customer_id", "customer_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    name: Mapped[str] = mapped_column(String(80))


class CustomerNumber(Base):
    """A number of a household, E.164 or short, perhaps one person's."""

    __tablename__ = "customer_numbers"
    __table_args__ = (
        UniqueConstraint("number", "customer_id"),
        Index("ix_customer_numbers_customer_id", "customer_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id"))
    number: Mapped[str] = mapped_column(String(24))
    label: Mapped[str] = mapped_column(String(40))
    linked_at: Mapped[datetime]


class ServiceAddress(Base):
    """Where a household was served."""

    __tablename__ = "service_addresses"
    __table_args__ = (Index("ix_service_addresses_customer_id", "customer_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"))
    text: Mapped[str] = mapped_column(String(300))
    zone_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("zones.id"))
    confirmed: Mapped[bool] = mapped_column(default=False)
    last_used_at: Mapped[datetime]
