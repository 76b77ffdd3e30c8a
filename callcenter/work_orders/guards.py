"""What a row of the table asks beyond state, role and fields (domain.md §4.3, column "guard"). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callcenter.work_orders.states import Command, Party

WARRANTY = timedelta(days=7)
DISPUTE_WINDOW = timedelta(days=30)
LEAST_SEVERITY = 2
LEAST_FAILED_CONTACTS = 3
LEAST_CONTACT_SPAN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The order as the guards need it: when it came into its state, when it was closed, if ever."""

    entered_at: datetime
    closed_at: datetime | None
    now: datetime


def objection(
    command: Command, parties: frozenset[Party], fields: dict[str, Any], order: Circumstances
) -> str | None:
    """The error code of what stands against it, None if nothing does."""
    if command is Command.REOPEN:
        return _reopen(parties, order)
    if command is Command.DISPUTE:
        return _dispute(fields, order)
    if command is Command.CANCEL_UNREACHED:
        return _unreached(fields, order)
    return None


def _reopen(parties: frozenset[Party], order: Circumstances) -> str | None:
    in_warranty = order.closed_at is not None and order.now - order.closed_at <= WARRANTY
    return None if in_warranty or Party.SUPERVISOR in parties else "warranty_over"


def _dispute(fields: dict[str, Any], order: Circumstances) -> str | None:
    if not isinstance(fields["severity"], int) or fields["severity"] < LEAST_SEVERITY:
        return "severity_too_low"
    late = order.closed_at is not None and order.now - order.closed_at > DISPUTE_WINDOW
    return "dispute_window_over" if late else None


def _unreached(fields: dict[str, Any], order: Circumstances) -> str | None:
    tried = isinstance(fields["failed_contacts"], int) and fields["failed_contacts"] >= LEAST_FAILED_CONTACTS
    return None if tried and order.now - order.entered_at >= LEAST_CONTACT_SPAN else "not_tried_enough"
