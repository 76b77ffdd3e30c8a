"""A page mark brings back what it was given, and nothing else is taken for one."""

import base64
import contextlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.foundation import paging
from callcenter.foundation.errors import Invalid


def as_it_is(value: Any) -> Any:
    return value


values = st.lists(st.one_of(st.text(), st.integers(), st.none(), st.booleans()), min_size=1, max_size=4)


@given(values)
def test_a_page_mark_says_where_the_page_ended(parts: list[object]) -> None:
    mark = paging.encode(*parts)
    assert mark == "".join(c for c in mark if c.isalnum() or c in "-_"), "safe in an address"
    assert paging.decode(mark, *[as_it_is] * len(parts)) == parts


@given(st.text(max_size=200))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with contextlib.suppress(Invalid):  # any other exception is a fault
        assert len(paging.decode(text, paging.a_time, paging.an_id)) == 2


@pytest.mark.parametrize("content", [{"a": 1}, [1], [1, 2, 3], "text", None])
def test_a_mark_of_another_shape_is_refused(content: object) -> None:
    mark = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    with pytest.raises(Invalid):
        paging.decode(mark, as_it_is, as_it_is)


def test_the_values_come_back_as_what_they_were() -> None:
    at, row = datetime(2026, 11, 23, 3, 31, tzinfo=UTC), uuid.uuid4()
    mark = paging.encode(at.isoformat(), str(row))
    assert paging.decode(mark, paging.a_time, paging.an_id) == [at, row]


@pytest.mark.parametrize("value", ["2026-11-23T03:31:00", "0001-01-01T00:00:00+08:00", "soon", None, 5, ["x"]])
@pytest.mark.parametrize("read", [paging.a_time, paging.an_id])
def test_a_value_that_is_no_moment_or_no_id_is_refused(read: Any, value: object) -> None:
    with pytest.raises(Invalid):
        paging.decode(paging.encode(value), read)
