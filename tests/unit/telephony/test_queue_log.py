"""queue_log: what it says of visits, what it adds to CEL, and that no caller's number can do harm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls import events as e
from callcenter.calls.states import Outcome
from callcenter.calls.switchboard import Switchboard
from callcenter.telephony.queue_log import LoggedVisit, QueueRow, parse, rows_of, visits_of
from callcenter.telephony.queue_news import SAME_NEWS, completed, told_alone

LINE, AGENT = "pbx-1795423771.0", "pbx-1795423778.1"
SERVED = [
    f"1795423778|{LINE}|hotline-zh|NONE|ENTERQUEUE||13899886021|3",
    f"1795423784|{LINE}|hotline-zh|1002|RINGNOANSWER|5000",
    f"1795423790|{LINE}|hotline-zh|1001|CONNECT|12|{AGENT}|4",
    f"1795423793|{LINE}|hotline-zh|1001|COMPLETECALLER|12|3|3",
    "1795423793|NONE|hotline-zh|1001|PAUSE|wrap_up",
]
GIVEN_UP = [
    f"1795423778|{LINE}|hotline-zh|NONE|ENTERQUEUE||13899886021|2",
    f"1795423784|{LINE}|hotline-zh|1001|RINGCANCELED|6484",
    f"1795423785|{LINE}|hotline-zh|NONE|ABANDON|1|2|7",
]


def lines(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


def visit(*texts: str) -> LoggedVisit:
    [[found]] = visits_of(rows_of(lines(*texts))).values()
    return found


def second(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def test_a_served_caller() -> None:
    found = visit(*SERVED)
    assert (found.position, found.number, found.end) == (3, "13899886021", "COMPLETECALLER")
    assert (found.joined_at, found.left_at) == (second(1795423778), second(1795423790))
    assert found.connection is not None
    assert (found.connection.member, found.connection.line, found.connection.ring_seconds) == ("1001", AGENT, 4)
    assert [(ring.member, ring.seconds) for ring in found.rings] == [("1002", 5.0)]
    assert (found.talk_ended_at, found.talk_ended_by) == (second(1795423793), "caller")


@pytest.mark.parametrize(
    ("row", "end", "position"),
    [
        ("NONE|ABANDON|1|4|7", "ABANDON", 4),
        ("NONE|EXITWITHTIMEOUT|1|4|7", "EXITWITHTIMEOUT", 4),
        ("NONE|EXITEMPTY|1|4|7", "EXITEMPTY", 4),
        ("NONE|EXITWITHKEY|9|1|4|7", "EXITWITHKEY", 4),
        ("NONE|WITHDRAW|1|4|7|call-back", "WITHDRAW", 4),
    ],
)
def test_the_begin_of_a_visit_that_was_written_before_is_told_from_its_end(row: str, end: str, position: int) -> None:
    found = visit(f"1795423785|{LINE}|hotline-zh|{row}")
    assert (found.end, found.position, found.joined_at) == (end, position, second(1795423778))


def test_a_second_visit_is_another_one() -> None:
    visits = visits_of(rows_of(lines(*GIVEN_UP[:2], f"1795423785|{LINE}|hotline-zh|NONE|EXITWITHTIMEOUT|1|2|7",
                                     f"1795423786|{LINE}|hotline-ug|NONE|ENTERQUEUE||13899886021|1")))  # fmt: skip
    assert [(v.queue, v.end) for v in visits[LINE]] == [("hotline-zh", "EXITWITHTIMEOUT"), ("hotline-ug", "")]


# ---- hostile lines ----


def test_a_number_with_bars_moves_no_column() -> None:
    assert visit(f"1795423778|{LINE}|hotline-zh|NONE|ENTERQUEUE||1|2|CONNECT|99|7").position == 7


def test_a_number_with_line_breaks_makes_no_rows() -> None:
    torn = f"1795423778|{LINE}|hotline-zh|NONE|ENTERQUEUE||1\n1795423779|pbx-1.9|hotline-zh|1001|ABANDON|1|1|3\nx|1"
    told = rows_of(lines(*torn.split("\n"), *GIVEN_UP[1:]))
    assert [row.verb for row in told] == ["RINGCANCELED", "ABANDON"]
    assert {row.line for row in told} == {LINE}


def test_a_row_that_never_ends_hides_only_a_few() -> None:
    told = rows_of(lines(f"1795423778|{LINE}|hotline-zh|NONE|ENTERQUEUE||1", *SERVED[1:] * 20))
    assert len(told) >= 30


@given(st.lists(st.binary(max_size=120), max_size=30))
def test_bytes_of_any_kind_pass(garbage: list[bytes]) -> None:
    rows_of(garbage)


@given(
    st.text(alphabet="0123456789|\nABANDONCENTERQUEUE-.pbx \u202e王", max_size=80),
    st.sampled_from([SERVED, GIVEN_UP]),
)
def test_whatever_number_a_caller_has_the_visit_of_others_stays(number: str, told: list[str]) -> None:
    hostile = f"1795423770|pbx-1795423760.7|hotline-zh|NONE|ENTERQUEUE||{number}|1".split("\n")
    visits = visits_of(rows_of(lines(*hostile, *told)))
    for events in [event for own in visits.values() for event in told_alone("a", own, known=False)]:
        for event in events:
            assert all(char.isprintable() for char in f"{event.uniqueid}{event.channel}")
    if "\n" not in number:
        assert visits[LINE] == [visit(*told)]


_words = st.sampled_from(
    ["ENTERQUEUE", "ABANDON", "CONNECT", "COMPLETEAGENT", "RINGNOANSWER", "EXITWITHKEY", "WITHDRAW"]
)
_columns = st.lists(st.sampled_from(["", "1", "7", "-3", "99999999999", AGENT, "x", "١"]), max_size=5)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([LINE, "pbx-1.2"]), _words, _columns), max_size=25))
def test_rows_in_any_order_make_events_that_the_engine_can_take(
    rows: list[tuple[int, str, str, list[str]]],
) -> None:
    text = lines(*("|".join([str(1795423770 + at), line, "q", "1001", verb, *rest]) for at, line, verb, rest in rows))
    board = Switchboard("a")
    events = [
        event for own in visits_of(rows_of(text)).values() for g in told_alone("a", own, known=False) for event in g
    ]
    for event in sorted(events, key=lambda one: one.at):
        board.apply(event)
    for journey in (board.journey(line) for line in (LINE, "pbx-1.2")):
        if journey is not None:
            assert all(v.wait_seconds >= 0 for v in journey.queue_visits)
            assert all(leg.talk_seconds >= 0 for leg in journey.agent_legs)


@pytest.mark.parametrize(
    "line",
    ["", "|", "1795423778", "x|pbx-1.2|q|NONE|ABANDON|1|1|1", "99999999999|pbx-1.2|q|NONE|ABANDON|1|1|1",
     "1795423778|NONE|q|1001|PAUSE|x", "1795423778|pbx-1.2|q|NONE|abandon|1", "1795423778|p ; x|q|NONE|ABANDON|1",
     "1795423778|pbx-1.2|q|NONE|ABANDON|" + "9" * 3000],
)  # fmt: skip
def test_what_is_no_row_about_a_caller(line: str) -> None:
    assert parse(line.encode()) is None


def test_names_are_harmless_and_short() -> None:
    row = parse(f"1795423778|{LINE}|q\u202e\x00|{'王' * 300}|CONNECT".encode())
    assert isinstance(row, QueueRow)
    assert (row.queue, len(row.member)) == ("q", 80)


# ---- what it adds to CEL ----

_WHO = (LINE, LINE, "PJSIP/trunk-00000001")
_JOINED = e.CallerJoinedQueue("a", second(1795423778) + timedelta(milliseconds=400), *_WHO, "hotline-zh", 1, "1")


def test_position_and_names_come_from_queue_log() -> None:
    first = e.AgentCalled("a", _JOINED.at, *_WHO, "hotline-zh", "PJSIP/1002", "1002?", "pbx-9.1", "PJSIP/1002-1")
    taken = replace(
        first, interface="PJSIP/1001", agent_uniqueid=AGENT, agent_channel="PJSIP/1001-2", member_name="?"
    )
    gone = e.DialEnded("a", second(1795423784) + timedelta(milliseconds=300), "pbx-9.1", LINE, "x", "NOANSWER")
    events, better = completed([_JOINED, first, taken, gone], visits_of(rows_of(lines(*SERVED))))
    assert [getattr(x, "position", None) or getattr(x, "member_name", "") for x in events[:3]] == [3, "1002", "1001"]
    assert better == 3
    again, better = completed(events, visits_of(rows_of(lines(*SERVED))))
    assert (again, better) == (events, 0)


def test_a_visit_of_another_time_tells_nothing() -> None:
    late = replace(_JOINED, at=_JOINED.at + 2 * SAME_NEWS)
    assert completed([late], visits_of(rows_of(lines(*SERVED)))) == ([late], 0)


def test_the_key_that_a_caller_left_with() -> None:
    left = e.CallerLeftQueue("a", second(1795423785) + timedelta(milliseconds=10), *_WHO, "hotline-zh")
    keyed = [GIVEN_UP[0], f"1795423785|{LINE}|hotline-zh|NONE|EXITWITHKEY|9|1|2|7"]
    events, better = completed([left], visits_of(rows_of(lines(*keyed))))
    assert [getattr(event, "status", "") for event in events] == ["", "EXITWITHKEY"]
    assert better == 1


# ---- alone ----


def journey_of(told: list[str], *before: e.OnLine) -> Switchboard:
    board = Switchboard("a")
    for event in before:
        board.apply(event)
    groups = [
        g for own in visits_of(rows_of(lines(*told))).values() for g in told_alone("a", own, known=bool(before))
    ]
    groups = [group for group in groups if not board.knows(group[0], SAME_NEWS)]
    for event in sorted((event for group in groups for event in group), key=lambda one: one.at):
        board.apply(event)
    return board


def test_an_abandoned_call_that_nothing_else_tells() -> None:
    journey = journey_of(GIVEN_UP).journey(LINE)
    assert journey is not None
    assert (journey.outcome, journey.estimated, journey.caller) == (Outcome.ABANDONED, False, "13899886021")
    [queued] = journey.queue_visits
    assert (queued.position, round(queued.wait_seconds, 3)) == (2, 7.0)


def test_a_served_call_that_nothing_else_tells() -> None:
    journey = journey_of(SERVED).journey(LINE)
    assert journey is not None
    assert (journey.outcome, journey.hangup_by, journey.estimates) == (Outcome.ANSWERED, "caller", ())
    [leg] = journey.agent_legs
    assert (leg.agent, round(leg.talk_seconds)) == ("PJSIP/1001", 3)
    [ring] = journey.attempts
    assert (ring.member_name, ring.outcome) == ("1001", "answered")


def test_the_end_of_the_callers_line_after_the_agent_hung_up_is_a_guess() -> None:
    journey = journey_of([*SERVED[:3], SERVED[3].replace("COMPLETECALLER", "COMPLETEAGENT")]).journey(LINE)
    assert journey is not None
    assert (journey.outcome, journey.hangup_by, journey.estimated) == (Outcome.ANSWERED, "agent", True)
    assert abs((journey.ended_at or datetime.max.replace(tzinfo=UTC)) - second(1795423793)) <= timedelta(seconds=1)


def test_the_true_end_replaces_a_guess_for_a_caller_whom_we_saw_waiting() -> None:
    appeared = e.LineAppeared("a", second(1795423771), *_WHO, True, "13899886021", "", "96365", "from-carrier")
    journey = journey_of(GIVEN_UP, appeared, _JOINED).journey(LINE)
    assert journey is not None
    assert (journey.outcome, journey.estimated) == (Outcome.ABANDONED, False)
    assert len(journey.queue_visits) == 1, "joined once, though both sources tell"
    assert journey.ended_at is not None
    assert abs(journey.ended_at - second(1795423785)) <= timedelta(seconds=1)
