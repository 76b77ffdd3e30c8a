"""A seeded round of several faults at once on a whole centre; `make prove` plays each of them twenty times."""

import pytest

from tests.prove.faults import QUICK, QUICK_NAME
from tests.prove.jobs import Job, run

SEED = 20261123
WITHIN = 10.0
"""Speed is not judged here: other tests have the same two cores."""


@pytest.mark.timeout(400)
def test_nothing_is_lost_doubled_or_left_behind_when_parts_fail() -> None:
    rounds = run(Job(QUICK_NAME, tuple(range(len(QUICK))), SEED, WITHIN))
    assert [one["n"] for one in rounds] == list(range(len(QUICK)))
    found = {
        f"round {one['n']}: {kind}": one[kind]
        for one in rounds
        for kind in ("lost", "doubled", "ghosts", "differences")
        if one[kind]
    }
    assert found == {}
    assert all(one["calls"] for one in rounds)
    assert [one["n"] for one in rounds if one["recovery"] < 0] == []
