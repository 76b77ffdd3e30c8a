"""Hypothesis on what reads, hides and writes strangers' texts: nothing raises, nothing shows more than it may."""

import dataclasses
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callcenter.calls.switchboard import Switchboard
from callcenter.foundation import logs
from callcenter.foundation.idempotency import fingerprint
from callcenter.foundation.phone_numbers import mask, mask_written, normalise
from callcenter.pbx.description import Instance, read_description
from callcenter.pbx.errors import InstanceBroken
from callcenter.pbx.layout import InstanceLayout
from callcenter.telephony.cel_events import calls_of, events_of
from callcenter.telephony.cel_rows import parse
from callcenter.work_orders.numbers import is_order_number
from tests.hostile.names import HOSTILE_NAMES

numbers = st.one_of(
    st.from_regex(r"\+?[0-9]{3,20}", fullmatch=True),
    st.from_regex(r"\+86(1[3-9][0-9]{9}|10[0-9]{8}|991[0-9]{7})", fullmatch=True),
)
texts = st.text(max_size=80) | st.sampled_from(list(HOSTILE_NAMES.values())) | numbers
leaves = st.none() | st.booleans() | st.floats() | st.integers() | texts | st.binary(max_size=20)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=10
)
CALM = settings(max_examples=60, deadline=None)
LONG_RUN = re.compile(r"\d{7,}")


@CALM
@given(numbers | texts)
@example("+8613899886021")
@example("2825555")
@example("sip:13899886021@x")
def test_a_mask_is_its_own_mask(full: str) -> None:
    assert mask(mask(full)) == mask(full)


@CALM
@given(numbers)
def test_a_mask_tells_nobody_the_number(full: str) -> None:
    if len(full) > 6:
        assert full not in mask(full)
        assert len(re.findall(r"\d", mask(full))) <= len(re.findall(r"\d", full)) // 2 + 2


@CALM
@given(texts)
def test_what_was_written_is_masked_whatever_it_is(raw: str) -> None:
    shown = mask_written(raw, area_code="0991")
    number = normalise(raw)
    assert number is None or len(number.full) <= 6 or number.full.lstrip("+") not in shown
    assert LONG_RUN.search(shown) is None


@CALM
@given(texts)
def test_no_long_run_of_digits_gets_into_a_log(text: str) -> None:
    masked = logs.mask_numbers(text)
    assert LONG_RUN.search(masked) is None
    assert logs.mask_numbers(masked) == masked


@dataclasses.dataclass
class Told:
    number: str


@CALM
@given(values)
@example({"13899886021": 1})
@example([13899886021, b"13899886021", {"13899886021"}, Told("13899886021"), ValueError("13899886021")])
def test_nor_does_one_in_a_value_of_any_kind(value: Any) -> None:
    event = logs._mask(None, "info", {"event": "x", "value": value})
    kept = re.sub(r"\d+\.\d+|\d+e[+-]?\d+", "", json.dumps(event, ensure_ascii=False, default=repr))
    assert LONG_RUN.search(kept) is None


@CALM
@given(st.dictionaries(texts, values.filter(lambda v: not isinstance(v, bytes)), max_size=4))
@example({"remarks": "\ud800"})
def test_a_request_has_one_fingerprint_however_its_keys_are_ordered(request: dict[str, Any]) -> None:
    turned = dict(reversed(request.items()))
    assert fingerprint(request) == fingerprint(turned)
    assert len(fingerprint(request)) == 64


CEL_WORDS = ["CHAN_START", "HANGUP", "APP_START", "Queue", "a-1.1", "1795404675.1", "nan", '{"hangupcause":true}']
columns = st.lists(texts | st.sampled_from(CEL_WORDS), min_size=10, max_size=14)


@CALM
@given(st.lists(columns, max_size=12))
def test_rows_of_the_cel_file_never_raise(rows: list[list[str]]) -> None:
    board = Switchboard("a")
    parsed = [row for one in rows if (row := parse(one)) is not None]
    for call in calls_of(parsed):
        for event in events_of("a", call):
            board.apply(event)


@CALM
@given(texts)
def test_any_text_may_be_asked_for_an_order_number(text: str) -> None:
    assert is_order_number(text) in (True, False)


def instance() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for one in dataclasses.fields(Instance):
        fields[one.name] = {int: 5060, str: "x", Path: "/tmp/x"}.get(one.type, ["asterisk"])  # type: ignore[call-overload]
    return fields


def read(text: bytes) -> Instance | None:
    """The instance, None where the file is refused by its name."""
    with TemporaryDirectory() as folder:
        path = InstanceLayout(Path(folder).resolve()).description
        path.write_bytes(text)
        try:
            return read_description(Path(folder))
        except InstanceBroken:
            return None


def test_a_whole_description_is_read() -> None:
    assert read(json.dumps(instance()).encode()) is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=3)
)


@CALM
@given(st.sampled_from(sorted(instance())), json_values)
def test_a_description_with_a_wrong_field_is_refused_or_well_formed(name: str, value: Any) -> None:
    found = read(json.dumps(instance() | {name: value}).encode())
    if found is not None:
        assert all(isinstance(port, int) for port in (found.ami_port, found.sip_port, found.agi_port))
        assert all(isinstance(text, str) for text in (found.ami_host, found.ami_secret, found.name, *found.program))


@CALM
@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b"")
@example(b"\xff\xfe")
def test_no_bytes_are_taken_for_a_description(text: bytes) -> None:
    assert read(text) is None


@pytest.mark.parametrize("port", ["5060", None, 1.5, True, [5060]])
def test_a_port_is_a_whole_number(port: Any) -> None:
    assert read(json.dumps(instance() | {"ami_port": port}).encode()) is None
