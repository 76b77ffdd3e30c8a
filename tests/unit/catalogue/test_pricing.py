"""Quotes read to callers: whole fen, one answer for one set of inputs."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.catalogue.pricing import (
    LineKind,
    Price,
    QuantityUnusable,
    Step,
    Surcharge,
    SurchargeKind,
    quantity_text,
    quote,
)

LEAK = Price(
    price_book="2026-11",
    item_name="暖气漏水维修",
    unit="处",
    unit_price_fen=6000,
    minimum_quantity=100,
    quantity_step=100,
    call_out_fen=3000,
    surcharges=(
        Surcharge(SurchargeKind.NIGHT, "夜间加收", percent=30, opens=time(22), closes=time(7)),
        Surcharge(SurchargeKind.HOLIDAY, "节假日加收", percent=50),
        Surcharge(SurchargeKind.FAR, "远郊加收", amount_fen=4000),
    ),
    holidays=frozenset({date(2027, 1, 1)}),
    tier_percent=(("gold", 95),),
)
CLEANING = Price("2026-11", "日常保洁", "小时", 5000, 200, 50, steps=(Step(400, 4500),))
DAY = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def test_the_gold_household_of_the_screen_pays_eighty_five_fifty() -> None:
    made = quote(LEAK, quantity=100, start=DAY, tier="gold")
    assert [(line.kind, line.amount_fen) for line in made.lines] == [
        (LineKind.BASE, 6000),
        (LineKind.CALL_OUT, 3000),
        (LineKind.DISCOUNT, -450),
    ]
    assert made.total_fen == 8550
    assert made.price_book == "2026-11"


def test_less_than_the_minimum_is_billed_as_the_minimum() -> None:
    made = quote(CLEANING, quantity=100)
    assert made.total_fen == 10000
    assert made.lines[0].quantity_text == "2 小时"


def test_what_lies_above_a_step_costs_the_steps_price() -> None:
    assert quote(CLEANING, quantity=600).total_fen == 4 * 5000 + 2 * 4500


def test_the_night_runs_over_midnight_in_beijing_time() -> None:
    kinds = {
        hour: [line.label for line in quote(LEAK, quantity=100, start=datetime(2026, 11, 24, hour, tzinfo=UTC)).lines]
        for hour in (13, 14, 22, 23)  # 21:00, 22:00, 06:00 and 07:00 in Beijing
    }
    assert ["夜间加收" in labels for labels in kinds.values()] == [False, True, True, False]


def test_a_holiday_is_a_beijing_day() -> None:
    before, on = datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    assert "节假日加收" not in [line.label for line in quote(LEAK, quantity=100, start=before).lines]
    assert "节假日加收" in [line.label for line in quote(LEAK, quantity=100, start=on).lines]


def test_far_zones_pay_a_fixed_sum() -> None:
    assert quote(LEAK, quantity=100, far=True).total_fen - quote(LEAK, quantity=100).total_fen == 4000


@pytest.mark.parametrize("quantity", [0, -100, 150, 10**9])
def test_a_quantity_off_the_step_is_refused(quantity: int) -> None:
    with pytest.raises(QuantityUnusable):
        quote(LEAK, quantity=quantity)


@pytest.mark.parametrize(("quantity", "text"), [(100, "1 台"), (250, "2.5 台"), (225, "2.25 台"), (10000, "100 台")])
def test_quantities_read_as_people_say_them(quantity: int, text: str) -> None:
    assert quantity_text(quantity, "台") == text


@given(
    quantity=st.integers(1, 2000).map(lambda n: n * 50),
    start=st.none() | st.integers(0, 400 * 24).map(lambda hours: DAY + timedelta(hours=hours)),
    far=st.booleans(),
    tier=st.sampled_from(["none", "gold", "unheard-of"]),
)
def test_a_quote_is_a_function_of_its_inputs(quantity: int, start: datetime | None, far: bool, tier: str) -> None:
    first = quote(CLEANING, quantity=quantity, start=start, far=far, tier=tier)
    assert first == quote(CLEANING, quantity=quantity, start=start, far=far, tier=tier)
    assert first.total_fen == sum(line.amount_fen for line in first.lines) > 0
    more = quote(CLEANING, quantity=quantity + 50, start=start, far=far, tier=tier)
    assert more.total_fen >= first.total_fen
