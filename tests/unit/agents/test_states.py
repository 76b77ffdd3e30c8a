"""The table of an agent's presence, as a whole, and the one word that a screen shows."""

import itertools

import pytest

from callcenter.agents.states import TRANSITIONS, LineState, PersonState, PresenceEvent, advance, mermaid, shown


def test_every_state_can_be_reached_from_offline() -> None:
    reached = {PersonState.OFFLINE}
    while grown := {to for (state, _), to in TRANSITIONS.items() if state in reached} - reached:
        reached |= grown
    assert reached == set(PersonState)


def test_from_every_state_an_agent_can_go_home() -> None:
    for state in set(PersonState) - {PersonState.OFFLINE}:
        assert advance(state, PresenceEvent.GO_OFFLINE) is PersonState.OFFLINE


def test_every_event_has_a_place_in_the_table() -> None:
    assert {event for _, event in TRANSITIONS} == set(PresenceEvent)


def test_only_a_call_leads_into_wrap_up() -> None:
    into = {event for (_, event), to in TRANSITIONS.items() if to is PersonState.WRAP_UP}
    assert into == {PresenceEvent.CALL_ENDED}


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (PersonState.OFFLINE, PresenceEvent.CALL_ENDED),
        (PersonState.OFFLINE, PresenceEvent.WRAP_UP_DONE),
        (PersonState.READY, PresenceEvent.WRAP_UP_DONE),
        (PersonState.READY, PresenceEvent.PAUSE_OVER),
        (PersonState.WRAP_UP, PresenceEvent.PAUSE_OVER),
        (PersonState.PAUSED, PresenceEvent.CALL_REJECTED),
    ],
)
def test_what_does_not_fit_changes_nothing(state: PersonState, event: PresenceEvent) -> None:
    assert advance(state, event) is None


def test_the_table_can_be_printed_as_a_picture() -> None:
    picture = mermaid().splitlines()
    assert picture[:2] == ["stateDiagram-v2", "    [*] --> offline"]
    drawn = sum(line.count(",") + 1 for line in picture[2:])
    assert drawn == len(TRANSITIONS)
    assert "    ready --> wrap_up: call_ended" in picture


@pytest.mark.parametrize(("person", "registered"), list(itertools.product(PersonState, (True, False))))
def test_what_the_telephone_does_is_shown_over_what_the_person_chose(person: PersonState, registered: bool) -> None:
    for line in (LineState.RINGING, LineState.TALKING, LineState.HOLD):
        assert shown(person, line, registered) == line.value


def test_a_ready_agent_whose_telephone_is_gone_is_shown_as_such() -> None:
    assert shown(PersonState.READY, LineState.FREE, False) == "lost_phone"
    assert shown(PersonState.READY, LineState.FREE, True) == "ready"
    assert shown(PersonState.PAUSED, LineState.FREE, False) == "paused"
