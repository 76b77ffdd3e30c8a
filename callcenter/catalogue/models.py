"""Tables of services and prices."""

import uuid
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.foundation.database import Base
from callcenter.foundation.versioned import Versioned


class ServiceCategory(Base):
    __tablename__ = "service_categories"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    rank: Mapped[int] = mapped_column(default=0)


class ServiceItem(Base):
    """`kind` is visit or placement. Quantities are hundredths of the unit. `search_text`: see `search_keys`."""

    __tablename__ = "service_items"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("service_categories.code"))
    name: Mapped[str] = mapped_column(String(60))
    names: Mapped[dict[str, Any]]
    """Per language: {"ug": …, "en": …}; Chinese is `name`."""
    aliases: Mapped[list[Any]]
    search_text: Mapped[str] = mapped_column(String(600))
    unit: Mapped[str] = mapped_column(String(12))
    minimum_quantity: Mapped[int]
    quantity_step: Mapped[int]
    priority: Mapped[str] = mapped_column(String(2))
    kind: Mapped[str] = mapped_column(String(12))
    rank: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class PriceBook(Versioned, Base):
    """One version of all prices; publishing needs two persons (domain.md §4.10)."""

    __tablename__ = "price_books"
    __table_args__ = (UniqueConstraint("version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    surcharges: Mapped[list[Any]]
    """[{kind, label, percent?, amount_fen?, opens?, closes?}], times HH:MM Beijing time."""
    holidays: Mapped[list[Any]]
    """ISO dates, Beijing days."""
    tier_percent: Mapped[dict[str, Any]]


class PriceEntry(Base):
    __tablename__ = "price_entries"
    __table_args__ = (UniqueConstraint("price_book_id", "item_code"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    price_book_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("price_books.id"))
    item_code: Mapped[str] = mapped_column(ForeignKey("service_items.code"))
    unit_price_fen: Mapped[int]
    minimum_fen: Mapped[int] = mapped_column(default=0)
    call_out_fen: Mapped[int] = mapped_column(default=0)
    steps: Mapped[list[Any]]
    """[{above: hundredths, unit_price_fen}]."""
