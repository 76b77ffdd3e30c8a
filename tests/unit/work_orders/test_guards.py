"""What stands against a passage beyond the table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.work_orders.guards import Circumstances, objection
from callcenter.work_orders.states import Command, Party

NOW = datetime(2026, 11, 23, tzinfo=UTC)
AGENT, SUPERVISOR, SYSTEM = frozenset({Party.AGENT}), frozenset({Party.SUPERVISOR}), frozenset({Party.SYSTEM})
D, H = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("command", "parties", "fields", "ago", "expected"),
    [
        (Command.REOPEN, AGENT, {}, 7 * D, None),
        (Command.REOPEN, AGENT, {}, 7 * D + H, "warranty_over"),
        (Command.REOPEN, SUPERVISOR, {}, 20 * D, None),
        (Command.DISPUTE, AGENT, {"severity": 1}, 1 * D, "severity_too_low"),
        (Command.DISPUTE, AGENT, {"severity": "2"}, 1 * D, "severity_too_low"),
        (Command.DISPUTE, AGENT, {"severity": 2}, 30 * D, None),
        (Command.DISPUTE, AGENT, {"severity": 2}, 31 * D, "dispute_window_over"),
        (Command.CANCEL_UNREACHED, SYSTEM, {"failed_contacts": 3}, 24 * H, None),
        (Command.CANCEL_UNREACHED, SYSTEM, {"failed_contacts": 3}, 23 * H, "not_tried_enough"),
        (Command.CANCEL_UNREACHED, SYSTEM, {"failed_contacts": 2}, 48 * H, "not_tried_enough"),
        (Command.CANCEL, AGENT, {}, 1 * D, None),
    ],
)
def test_guards(
    command: Command, parties: frozenset[Party], fields: dict[str, Any], ago: timedelta, expected: str | None
) -> None:
    order = Circumstances(entered_at=NOW - ago, closed_at=NOW - ago, now=NOW)
    assert objection(command, parties, fields, order) == expected
