"""Words of intakes. Pure."""

from enum import StrEnum


class IntakeKind(StrEnum):
    HELP = "help"  # 求助: becomes work orders
    ENQUIRY = "enquiry"  # 咨询
    COMPLAINT = "complaint"  # 投诉, 举报
    SUGGESTION = "suggestion"  # 建议
    PRAISE = "praise"  # 表扬


class Channel(StrEnum):
    CALL = "call"
    SMS = "sms"
    WEB = "web"


class IntakeState(StrEnum):
    ANSWERED = "answered"
    CLOSED = "closed"


SETTLED_AT_ONCE = frozenset({IntakeKind.ENQUIRY, IntakeKind.SUGGESTION, IntakeKind.PRAISE})
"""Kinds that end with the contact itself; help goes on as orders, a complaint with the complaints officer."""
