"""A page mark brings back what it was given, and nothing else is taken for one."""

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.foundation import paging
from callcenter.foundation.errors import Invalid

values = st.lists(st.one_of(st.text(), st.integers(), st.none(), st.booleans()), min_size=1, max_size=4)


@given(values)
def test_a_page_mark_says_where_the_page_ended(parts: list[object]) -> None:
    mark = paging.encode(*parts)
    assert mark == "".join(c for c in mark if c.isalnum() or c in "-_"), "safe in an address"
    assert paging.decode(mark, len(parts)) == parts


@given(st.text(max_size=200))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with contextlib.suppress(Invalid):  # any other exception is a fault
        assert len(paging.decode(text, 2)) == 2


@pytest.mark.parametrize("content", [{"a": 1}, [1], [1, 2, 3], "text", None])
def test_a_mark_of_another_shape_is_refused(content: object) -> None:
    mark = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    with pytest.raises(Invalid):
        paging.decode(mark, 2)
