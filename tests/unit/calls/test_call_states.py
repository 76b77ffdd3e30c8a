"""The table of what a call is doing now."""

from callcenter.calls import facts
from callcenter.calls.states import TERMINAL, TRANSITIONS, CallState, advance


def test_every_state_is_reached_from_the_first() -> None:
    reached = {CallState.ARRIVING}
    while True:
        further = {after for (before, _), after in TRANSITIONS.items() if before in reached}
        if further <= reached:
            break
        reached |= further
    assert reached == set(CallState)


def test_terminal_states_have_no_exits() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] in TERMINAL]


def test_every_other_state_has_a_way_to_the_end() -> None:
    for state in set(CallState) - TERMINAL:
        assert advance(state, "JourneyEnded") is CallState.ENDED


def test_every_trigger_is_a_fact() -> None:
    for _, trigger in TRANSITIONS:
        assert issubclass(getattr(facts, trigger), facts.Fact)


def test_a_pair_that_is_not_in_the_table_changes_nothing() -> None:
    assert advance(CallState.IN_MENU, "CallResumed") is CallState.IN_MENU
    assert advance(CallState.ENDED, "AgentLegStarted") is CallState.ENDED
