"""`bench calls` with one call: the shape of what it counts, never how fast this machine is."""

import pytest

from callcenter.bench import calls
from callcenter.bench.short_calls import Size

pytestmark = pytest.mark.real_asterisk


def test_a_call_and_a_speaker_go_through_everything() -> None:
    said: list[str] = []
    size = Size(rate=1.0, seconds=1.0, agents=1, speakers=1)
    found = calls.measure(size, said.append, with_us=True)
    assert (found.calls, found.failed, found.complaint) == (1, 0, "")
    assert (found.lost, found.doubled, found.still_open) == (0, 0, 0)
    assert found.speech["through"] == found.speech["stayed"] == 1
    assert found.speech["packets"] > 0
    assert set(found.cpu) == {"asterisk", "service", "ivr"}
    assert found.megabytes > 10
    assert any("2 telephones" in line for line in said)
