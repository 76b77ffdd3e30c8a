"""The table of a work order's life, as a whole."""

import itertools

import pytest

from callcenter.work_orders.states import (
    BEFORE_SERVICE,
    HOLDABLE,
    LEAVING_A_TERMINAL,
    TABLE,
    TERMINAL,
    Command,
    FieldsMissing,
    NotForParty,
    NotInTable,
    Party,
    State,
    advance,
    commands_in,
    mermaid,
)

EVERYTHING = frozenset(name for row in TABLE for name in row.required)


def test_the_table_holds_all_rows_of_the_domain() -> None:
    assert {row.number for row in TABLE} == set(range(1, 27))


def test_every_state_is_reachable_from_nothing() -> None:
    reached: set[State | None] = {None}
    while grown := {row.to for row in TABLE if reached & set(row.sources)} - reached:
        reached |= grown
    assert reached == {None, *State}


def test_terminal_states_are_left_only_by_dispute_and_warranty() -> None:
    leaving = {row.number for row in TABLE if set(row.sources) & TERMINAL}
    assert leaving == LEAVING_A_TERMINAL


def test_every_open_state_can_end() -> None:
    ways = {state: {row.to for row in TABLE if state in row.sources} for state in State}
    for state in set(State) - TERMINAL:
        reached, grown = {state}, {state}
        while grown := set().union(*(ways[s] for s in grown)) - reached:
            reached |= grown
        assert reached & TERMINAL, state


def test_a_command_in_a_state_names_one_row() -> None:
    keys = [(source, row.command) for row in TABLE for source in row.sources]
    assert len(keys) == len(set(keys))


def test_a_firm_never_cancels() -> None:
    firm = frozenset({Party.FRANCHISEE, Party.WORKER})
    for state in State:
        for command in commands_in(state, firm):
            assert advance(state, command, firm, EVERYTHING).to is not State.CANCELLED


@pytest.mark.parametrize(("state", "command"), list(itertools.product([None, *State], Command)))
def test_what_is_not_in_the_table_is_refused(state: State | None, command: Command) -> None:
    rows = [row for row in TABLE if row.command is command and state in row.sources]
    everybody = frozenset(Party)
    if not rows:
        with pytest.raises(NotInTable):
            advance(state, command, everybody, EVERYTHING)
        return
    (row,) = rows
    assert advance(state, command, row.who, EVERYTHING) is row
    with pytest.raises(NotForParty):
        advance(state, command, everybody - row.who, EVERYTHING)
    for name in row.required:
        with pytest.raises(FieldsMissing):
            advance(state, command, row.who, EVERYTHING - {name})


def test_confirming_needs_all_that_a_dispatcher_needs() -> None:
    with pytest.raises(FieldsMissing) as missing:
        advance(State.DRAFT, Command.CONFIRM, frozenset({Party.AGENT}), frozenset({"item_code"}))
    assert missing.value.args[0] == ["address_text", "zone_id", "contact_number", "wanted_from", "price_agreed"]


def test_hold_ends_with_the_service() -> None:
    assert State.SUBMITTED not in HOLDABLE
    assert set(BEFORE_SERVICE) < HOLDABLE


def test_the_diagram_shows_every_passage() -> None:
    drawn = mermaid()
    print(drawn)  # `pytest -s` shows the picture for the README
    assert drawn.startswith("stateDiagram-v2")
    assert "[*] --> draft: 1 open" in drawn
    assert "closed --> rework: 22 reopen" in drawn
    assert drawn.count("-->") == sum(len(row.sources) for row in TABLE) + len(TERMINAL)
