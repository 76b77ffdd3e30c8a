"""Addresses as callers give them, resolved over the demo city's tree."""

import csv
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.zones.matching import MOST_CANDIDATES, Gazetteer, Level, Place, Status, clean


def _gazetteer() -> Gazetteer:
    text = files("callcenter.seed").joinpath("data", "zones_urumqi.csv").read_text("utf-8")
    return Gazetteer.of(
        Place(
            row["code"],
            row["parent"] or None,
            Level(row["level"]),
            row["name"],
            tuple(filter(None, row["aliases"].split("|"))),
        )
        for row in csv.DictReader(text.splitlines())
    )


CITY = _gazetteer()


def path(text: str) -> list[str]:
    found = CITY.resolve(text)
    assert found.status is Status.FOUND, found
    assert found.place is not None
    return [step.name for step in CITY.path(found.place)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("乌鲁木齐市新市区北京北路", ["新市区"]),
        ("新市区北京北路 1234 号", ["新市区"]),
        ("沙依巴克区团结社区 3 号楼", ["沙依巴克区", "八一街道", "团结社区"]),
        ("天山区团结路街道团结社区", ["天山区", "团结路街道", "团结社区"]),
        ("团结路街道 团结社区", ["天山区", "团结路街道", "团结社区"]),
        ("经开区嵩山街街道", ["头屯河区", "嵩山街街道"]),
        ("高新区", ["新市区"]),
        ("米东区八家户村", ["米东区", "羊毛工镇", "八家户村"]),
        ("乌鲁木齐县水西沟镇", ["乌鲁木齐县", "水西沟镇"]),
        ("  天 山 区 \u3000幸福路街道", ["天山区", "幸福路街道"]),
    ],
)
def test_an_address_finds_its_zone(text: str, expected: list[str]) -> None:
    assert path(text) == expected


def test_the_new_market_district_is_never_cut_short() -> None:
    assert CITY.resolve("新市").status is Status.UNKNOWN
    found = CITY.resolve("乌鲁木齐市新市区北京北路")
    assert found.place is not None
    assert found.place.name == "新市区"


def test_a_community_of_several_districts_is_asked_about() -> None:
    found = CITY.resolve("团结社区")
    assert found.status is Status.AMBIGUOUS
    assert {CITY.path(place)[0].name for place in found.candidates} == {"天山区", "沙依巴克区", "米东区"}
    assert len(CITY.resolve("八家户村").candidates) == 3


def test_a_district_that_contradicts_the_community_is_asked_about() -> None:
    found = CITY.resolve("天山区卡子湾村")
    assert found.status is Status.AMBIGUOUS
    assert {place.name for place in found.candidates} == {"天山区", "卡子湾村"}


def test_two_districts_are_asked_about() -> None:
    assert CITY.resolve("天山区还是新市区").status is Status.AMBIGUOUS


def test_an_alias_counts_less_than_the_name() -> None:
    assert CITY.resolve("高新区").confidence < CITY.resolve("新市区").confidence
    assert CITY.resolve("高新区").method == "district_alias"


@pytest.mark.parametrize("text", ["", "乌鲁木齐市", "重庆市渝北区", "\x00\x1b[31m", "👩‍🔧🚰", "\u202eقومۇل"])
def test_what_names_no_zone_is_unknown(text: str) -> None:
    assert CITY.resolve(text).status is Status.UNKNOWN


def test_ten_kilobytes_are_cut() -> None:
    assert len(clean("新市区" * 4000)) <= 256
    assert path("新市区" * 4000) == ["新市区"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("天山区新市团结社八家户村路街道乌鲁木齐 \u202e\x00a１"), max_size=400))
def test_any_text_has_an_answer_that_fits_its_status(text: str) -> None:
    found = CITY.resolve(text)
    assert (found.place is not None) == (found.status is Status.FOUND)
    assert (len(found.candidates) >= 2) == (found.status is Status.AMBIGUOUS)
    assert len(found.candidates) <= MOST_CANDIDATES
