"""What households read after an order is taken."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callcenter.foundation.messages import LOCALES
from callcenter.sms.segments import segments
from callcenter.sms.templates import Receipt, receipt_text, yuan

RECEIPT = Receipt(
    number="261123000015",
    item="暖气漏水维修",
    wanted_from=datetime(2026, 11, 24, 7, tzinfo=UTC),
    wanted_to=datetime(2026, 11, 24, 8, tzinfo=UTC),
    clock="beijing",
    total_fen=8550,
    hotline="96365",
)


def test_the_chinese_receipt_says_what_was_agreed() -> None:
    text = receipt_text("zh-CN", RECEIPT)
    assert text == (
        "【家政服务热线】工单261123000015已受理：暖气漏水维修，11月24日（周二）15:00-16:00（北京时间）上门，"
        "约定85.50元。改约、取消请拨96365。"
    )
    assert segments(text) == 2


def test_who_spoke_of_xinjiang_time_reads_both_clocks() -> None:
    text = receipt_text("zh-CN", replace(RECEIPT, clock="xinjiang"))
    assert "15:00-16:00（北京时间，即新疆时间13:00起）" in text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("clock", ["beijing", "xinjiang"])
def test_every_language_holds_number_time_price_and_hotline(locale: str, clock: str) -> None:
    text = receipt_text(locale, replace(RECEIPT, clock=clock))
    for part in ("261123000015", "15:00", "16:00", "85.50", "96365"):
        assert part in text
    assert "{" not in text
    assert "http" not in text
    assert segments(text) <= 4


def test_braces_in_an_items_name_are_only_text() -> None:
    assert "{number}" in receipt_text("zh-CN", replace(RECEIPT, item="{number}"))


@pytest.mark.parametrize(("fen", "text"), [(8550, "85.50"), (9000, "90"), (5, "0.05"), (0, "0")])
def test_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text
