"""Sessions that no Asterisk would lead: each one ends, none is a fault of ours, and good calls go on beside them."""

import random

import pytest

from tests.fakes.fake_asterisk import FakeAsterisk
from tests.hostile.agi_bytes import AGI_SPOILERS, call_up, running_menu


def test_no_bytes_hang_the_menu_or_hurt_another_call() -> None:
    tried = call_up(2, random.Random(20261123))
    assert tried.complaints == []
    assert tried.cases.total() > 2 * len(AGI_SPOILERS)


@pytest.mark.parametrize("code", ["1", "13", "300", "99999999", "1114112"])
def test_a_key_that_no_telephone_has_ends_the_menu_in_good_order(code: str, caplog: pytest.LogCaptureFixture) -> None:
    with running_menu() as server:
        address: tuple[str, int] = server.server_address  # type: ignore[assignment]
        with FakeAsterisk.calling(address).introduce() as asterisk:
            asterisk.serve({"STREAM FILE": [f"200 result={code} endpos=1"]})
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "menu ended early" in caplog.text
