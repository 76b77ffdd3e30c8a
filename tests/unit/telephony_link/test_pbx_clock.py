"""Lateness, a wrong clock and a clock that is set are three things, and none makes a negative time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.telephony.pbx_clock import PbxClock, Window

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class World:
    """Our monotonic seconds, our wall clock, and a PBX whose clock is `wrong` seconds ahead of the truth."""

    def __init__(self, wrong: float = 0.0) -> None:
        self.clock, self.wrong, self.now = PbxClock(), wrong, 1000.0

    def ping(self, way: float = 0.002) -> None:
        sent, self.now = self.now, self.now + way
        stamp = at(sent - 1000 + way / 2 + self.wrong)
        self.clock.answered(sent, self.now, stamp, wall=at(self.now - 1000))

    def event(self, late: float = 0.001) -> datetime:
        stamp = at(self.now - 1000 + self.wrong)
        return self.clock.corrected(stamp, self.now + late)

    def lag(self) -> tuple[float, float]:
        found = self.clock.lag.percentiles(self.now)
        assert found is not None
        return found


@pytest.mark.parametrize("wrong", [0.0, 3600.0, -3600.0, 0.7])
def test_a_clock_that_is_wrong_is_no_lateness(wrong: float) -> None:
    world = World(wrong)
    world.ping()
    for _ in range(50):
        world.now += 1
        assert world.event(late=0.004) == at(world.now - 1000 + wrong), "its stamps are taken as they are"
    assert world.lag() == pytest.approx((4.0, 4.0), abs=1.5)
    assert world.clock.offset_seconds == pytest.approx(-wrong, abs=0.01)
    assert not world.clock.is_set


@pytest.mark.parametrize("step", [3600.0, -3600.0, 10.0, -10.0])
def test_a_clock_that_is_set_under_a_call_keeps_the_call_s_times(step: float) -> None:
    world = World()
    world.ping()
    began = world.event()
    for _ in range(15):  # as the link does, every other second
        world.now += 2
        world.ping()
    world.wrong += step
    ended = world.event()
    assert (ended - began).total_seconds() == pytest.approx(30, abs=0.1)
    assert world.lag()[1] < 100
    assert (world.clock.is_set, world.clock.steps) == (True, 1)
    world.now += 5
    world.ping()
    assert world.clock.offset_seconds == pytest.approx(-step, abs=0.01), "shown as what it is"
    assert (world.event() - began).total_seconds() == pytest.approx(35, abs=0.1)
    assert world.clock.steps == 1
    world.clock.settle()
    world.ping()
    assert world.event() == at(world.now - 1000 + step), "no call is open: the clock counts again"


def test_a_step_that_a_ping_finds_first() -> None:
    world = World()
    world.ping()
    began = world.event()
    world.now += 3
    world.wrong = -3600
    world.ping()
    assert (world.event() - began).total_seconds() == pytest.approx(3, abs=0.1)


def test_news_that_is_late_is_late_and_no_step() -> None:
    world = World()
    world.ping()
    for n in range(20):
        stamp = at(n)
        assert world.clock.corrected(stamp, 1000 + 90.0 + n / 1000) == stamp
    assert world.clock.steps == 0
    assert world.lag()[0] > 70_000


def test_the_answer_with_the_shortest_way_counts() -> None:
    world = World()
    world.ping(way=0.001)
    for _ in range(5):
        world.now += 2
        world.ping(way=1.0)
    world.event(late=0.010)
    assert world.lag()[0] == pytest.approx(10, abs=2)


def test_without_stamps_nothing_is_said_and_nothing_changed() -> None:
    clock = PbxClock()
    assert clock.answered(1, 2, None, NOON) is None
    assert clock.corrected(at(0), 5.0) == at(0)
    assert clock.corrected(at(-4000), 6.0) == at(-4000)
    assert (clock.lag.percentiles(6.0), clock.offset_seconds, clock.shown_at(7.0)) == (None, None, None)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 20), st.sampled_from([0.0, 0.0, 0.0, 3600.0, -3600.0, 5.0]), st.floats(0, 0.5), st.booleans()
        ),
        max_size=40,
    )
)
def test_time_never_runs_backwards_by_more_than_reordering(
    happenings: list[tuple[float, float, float, bool]],
) -> None:
    world = World()
    world.ping()
    last = world.event()
    for passed, step, late, pings in happenings:
        world.now += passed
        world.wrong += step
        if pings:
            world.ping()
        told = world.event(late)
        assert told >= last - timedelta(seconds=3)
        assert told <= at(world.now - 1000) + timedelta(seconds=8), "nor far ahead of the truth"
        last = max(last, told)
        assert world.lag()[0] >= 0


def test_a_window_forgets() -> None:
    window = Window()
    window.add(0.0, 5.0)
    assert window.percentiles(1.0) == (5000.0, 5000.0)
    assert window.percentiles(1000.0) is None
    for n in range(100):
        window.add(1000.0, n / 1000)
    assert window.percentiles(1000.0) == (49.0, 98.0)
