"""The life of a work order: one table (domain.md §4.3, rows 1–26). Standard library only.

Every change of state goes through a row of `TABLE`; `transitions.py` is the only caller that writes. A row says from
where to where, who may, and which fields must come with it. Nothing else is allowed, and `hold` is a flag, no state.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"  # 草稿
    PENDING_CONFIRM = "pending_confirm"  # 待确认
    PENDING_DISPATCH = "pending_dispatch"  # 待派单
    OFFERED = "offered"  # 待接单
    ACCEPTED = "accepted"  # 已接单（待预约）
    SCHEDULED = "scheduled"  # 已预约（待上门）
    IN_SERVICE = "in_service"  # 服务中
    SUBMITTED = "submitted"  # 已完工待回访
    REWORK = "rework"  # 返工中
    DISPUTED = "disputed"  # 争议处理中
    CLOSED = "closed"  # 已办结
    CANCELLED = "cancelled"  # 已取消
    UNFULFILLED = "unfulfilled"  # 无法承接
    MERGED = "merged"  # 已并单


class Party(StrEnum):
    """Who acts. Values equal the roles of auth, with the customer and the system besides."""

    AGENT = "agent"  # AG
    DISPATCHER = "dispatcher"  # DP
    FOLLOW_UP = "follow_up"  # CB
    ZONE_MANAGER = "zone_manager"  # ZM
    SUPERVISOR = "supervisor"  # SV
    COMPLAINTS = "complaints"  # CM
    FRANCHISEE = "franchisee"  # FO
    WORKER = "worker"  # FW
    CUSTOMER = "customer"  # CU
    SYSTEM = "system"  # SY


class Command(StrEnum):
    """What is asked for. Together with the present state it names at most one row."""

    OPEN = "open"
    CONFIRM = "confirm"
    LEAVE_OPEN = "leave_open"
    OFFER = "offer"
    ACCEPT = "accept"
    ACCEPT_BY_CALL = "accept_by_call"
    DECLINE = "decline"
    SCHEDULE = "schedule"
    PULL_BACK = "pull_back"
    RETURN = "return"
    RESCHEDULE = "reschedule"
    ARRIVE = "arrive"
    VISIT_FAILED = "visit_failed"
    ASK_AGAIN = "ask_again"
    SUBMIT = "submit"
    NOT_COMPLETABLE = "not_completable"
    CLOSE = "close"
    CLOSE_UNREACHED = "close_unreached"
    SEND_BACK = "send_back"
    REWORK_SCHEDULED = "rework_scheduled"
    REWORK_ELSEWHERE = "rework_elsewhere"
    DISPUTE = "dispute"
    DECIDE_CLOSE = "decide_close"
    DECIDE_REWORK = "decide_rework"
    DECIDE_CANCEL = "decide_cancel"
    REOPEN = "reopen"
    CANCEL = "cancel"
    CANCEL_UNREACHED = "cancel_unreached"
    STOP = "stop"
    GIVE_UP = "give_up"
    MERGE = "merge"


class NotInTable(Exception):
    """No row for this command in this state."""


class NotForParty(Exception):
    """There is a row, but for other parties."""


class FieldsMissing(Exception):
    """The row needs fields that were not given: `args[0]` names them."""


S, P, C = State, Party, Command
INITIAL = None
TERMINAL = frozenset({S.CLOSED, S.CANCELLED, S.UNFULFILLED, S.MERGED})
BEFORE_SERVICE = (S.DRAFT, S.PENDING_CONFIRM, S.PENDING_DISPATCH, S.OFFERED, S.ACCEPTED, S.SCHEDULED)
HOLDABLE = frozenset({*BEFORE_SERVICE, S.IN_SERVICE})
LEAVING_A_TERMINAL = frozenset({20, 22})
"""The only rows that leave a terminal state."""
ON_ORDER = ("item_code", "address_text", "zone_id", "contact_number", "wanted_from", "price_agreed")
"""What an order must hold before it can be dispatched; they count as given if they stand on the order already."""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is the row of domain.md §4.3; one row there may be several here."""

    number: int
    command: Command
    sources: tuple[State | None, ...]
    to: State
    who: frozenset[Party]
    required: tuple[str, ...] = ()


def _row(
    number: int, command: Command, sources: tuple[State | None, ...], to: State, who: str, *required: str
) -> Row:
    return Row(number, command, sources, to, frozenset(_PARTIES[code] for code in who.split()), required)


_PARTIES = {
    "AG": P.AGENT, "DP": P.DISPATCHER, "CB": P.FOLLOW_UP, "ZM": P.ZONE_MANAGER, "SV": P.SUPERVISOR,
    "CM": P.COMPLAINTS, "FO": P.FRANCHISEE, "FW": P.WORKER, "CU": P.CUSTOMER, "SY": P.SYSTEM,
}  # fmt: skip

TABLE: tuple[Row, ...] = (
    _row(1, C.OPEN, (INITIAL,), S.DRAFT, "AG SY"),
    _row(2, C.CONFIRM, (S.DRAFT,), S.PENDING_DISPATCH, "AG", *ON_ORDER),
    _row(3, C.LEAVE_OPEN, (S.DRAFT,), S.PENDING_CONFIRM, "AG SY", "reason"),
    _row(4, C.CONFIRM, (S.PENDING_CONFIRM,), S.PENDING_DISPATCH, "AG CU", *ON_ORDER),
    _row(5, C.CANCEL, (S.PENDING_CONFIRM,), S.CANCELLED, "AG CU SV", "reason", "party_at_fault"),  # SV by row 23
    _row(5, C.CANCEL_UNREACHED, (S.PENDING_CONFIRM,), S.CANCELLED, "SY", "reason", "failed_contacts"),
    _row(6, C.OFFER, (S.PENDING_DISPATCH,), S.OFFERED, "SY DP ZM", "franchisee_id", "cause"),
    _row(7, C.ACCEPT, (S.OFFERED,), S.ACCEPTED, "FO"),
    _row(7, C.ACCEPT_BY_CALL, (S.OFFERED,), S.ACCEPTED, "AG", "journey_id"),
    _row(8, C.DECLINE, (S.OFFERED,), S.PENDING_DISPATCH, "FO SY DP", "reason"),
    _row(9, C.SCHEDULE, (S.ACCEPTED,), S.SCHEDULED, "FO", "worker_name", "contact_logged"),
    _row(10, C.PULL_BACK, (S.ACCEPTED, S.SCHEDULED), S.PENDING_DISPATCH, "ZM SV", "reason"),
    _row(10, C.RETURN, (S.ACCEPTED, S.SCHEDULED), S.PENDING_DISPATCH, "FO", "reason", "approved_by"),
    _row(11, C.RESCHEDULE, (S.SCHEDULED,), S.SCHEDULED, "FO AG", "wanted_from", "initiator"),
    _row(12, C.ARRIVE, (S.SCHEDULED,), S.IN_SERVICE, "FW FO"),
    _row(13, C.VISIT_FAILED, (S.SCHEDULED,), S.SCHEDULED, "FO AG", "reason"),
    _row(13, C.ASK_AGAIN, (S.SCHEDULED,), S.PENDING_CONFIRM, "FO AG", "reason"),
    _row(14, C.SUBMIT, (S.IN_SERVICE,), S.SUBMITTED, "FO FW", "charged_fen", "result"),
    _row(15, C.NOT_COMPLETABLE, (S.IN_SERVICE,), S.PENDING_DISPATCH, "FO ZM", "reason", "approved_by"),
    _row(16, C.CLOSE, (S.SUBMITTED,), S.CLOSED, "CB SV CM", "satisfaction"),  # SV, CM: domain.md §4.10
    _row(17, C.CLOSE_UNREACHED, (S.SUBMITTED,), S.CLOSED, "SY", "reason"),
    _row(18, C.SEND_BACK, (S.SUBMITTED,), S.REWORK, "CB SV", "reason"),
    _row(19, C.REWORK_SCHEDULED, (S.REWORK,), S.SCHEDULED, "FO", "wanted_from"),
    _row(19, C.REWORK_ELSEWHERE, (S.REWORK,), S.PENDING_DISPATCH, "DP", "reason"),
    _row(20, C.DISPUTE, (S.SUBMITTED, S.CLOSED), S.DISPUTED, "CM CB", "reason", "severity"),
    _row(21, C.DECIDE_CLOSE, (S.DISPUTED,), S.CLOSED, "CM", "decision"),
    _row(21, C.DECIDE_REWORK, (S.DISPUTED,), S.REWORK, "CM", "decision"),
    _row(21, C.DECIDE_CANCEL, (S.DISPUTED,), S.CANCELLED, "CM", "decision"),
    _row(22, C.REOPEN, (S.CLOSED,), S.REWORK, "AG SV", "reason"),
    _row(
        23, C.CANCEL, tuple(s for s in BEFORE_SERVICE if s is not S.PENDING_CONFIRM), S.CANCELLED, "CU AG SV",
        "reason", "party_at_fault",
    ),
    _row(24, C.STOP, (S.IN_SERVICE,), S.CANCELLED, "SV CM", "reason", "fee_decision"),
    _row(25, C.GIVE_UP, (S.PENDING_DISPATCH,), S.UNFULFILLED, "ZM SV", "reason", "customer_told"),
    _row(26, C.MERGE, (S.DRAFT, S.PENDING_CONFIRM, S.PENDING_DISPATCH), S.MERGED, "AG DP", "merged_into_id"),
)  # fmt: skip

OFFICE = frozenset(
    {
        C.CONFIRM, C.CANCEL, C.PULL_BACK, C.RESCHEDULE, C.VISIT_FAILED, C.ASK_AGAIN, C.CLOSE, C.SEND_BACK, C.DISPUTE,
        C.DECIDE_CLOSE, C.DECIDE_REWORK, C.DECIDE_CANCEL, C.REOPEN, C.STOP, C.GIVE_UP, C.MERGE,
    }
)  # fmt: skip
"""What people of the platform ask for by hand. The rest belongs to dispatch, firms and the system."""

_BY_KEY = {(source, row.command): row for row in TABLE for source in row.sources}


def advance(state: State | None, command: Command, parties: frozenset[Party], given: frozenset[str]) -> Row:
    """The row of `command` in `state`. `NotInTable`, `NotForParty` or `FieldsMissing` (in this order)."""
    row = _BY_KEY.get((state, command))
    if row is None:
        raise NotInTable
    if not row.who & parties:
        raise NotForParty
    missing = [name for name in row.required if name not in given]
    if missing:
        raise FieldsMissing(missing)
    return row


def commands_in(state: State | None, parties: frozenset[Party]) -> list[Command]:
    """What these parties may ask for in `state`, in the order of the table."""
    return [row.command for row in TABLE if state in row.sources and row.who & parties]


def mermaid() -> str:
    """The table as a Mermaid state diagram for the README."""
    lines = ["stateDiagram-v2"]
    for row in TABLE:
        for source in row.sources:
            lines.append(f"    {source or '[*]'} --> {row.to}: {row.number} {row.command}")
    lines += [f"    {state} --> [*]" for state in State if state in TERMINAL]
    return "\n".join(lines)
