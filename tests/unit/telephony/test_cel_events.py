"""Real rows of the PBX's CEL file become the journeys that the AMI's events would have made."""

import csv
from pathlib import Path
from typing import Any

import pytest

from callcenter.calls.events import LineAppeared
from callcenter.calls.journeys import Journey
from callcenter.calls.machine import is_contact
from callcenter.calls.switchboard import Switchboard
from callcenter.telephony.cel_events import CelCall, calls_of, events_of
from callcenter.telephony.cel_reader import NOWHERE, Row, read_since
from callcenter.telephony.cel_rows import CelRow, parse
from tests.crashes.pbx_cel import is_row, with_cel
from tests.crashes.pbx_truth import cel_line
from tests.recorded_calls import events, messages, run

FILE = Path(__file__).parents[2] / "transcripts" / "cel" / "calls.csv"
ZH = "hotline-zh"


def recorded() -> list[Row]:
    return read_since(FILE, NOWHERE).rows


def calls(rows: list[Row]) -> list[CelCall]:
    return calls_of(row for columns in rows if (row := parse(columns)))


def journeys(rows: list[Row]) -> dict[str, Journey]:
    """By the last part of the call's name."""
    board, last = Switchboard("a"), dict[str, Journey]()
    for event in sorted((event for call in calls(rows) for event in events_of("a", call)), key=lambda e: e.at):
        last |= {change.journey.linkedid: change.journey for change in board.apply(event)}
    return {name.partition("-")[0] + "." + name.rpartition(".")[2]: j for name, j in last.items() if is_contact(j)}


def told(journey: Journey) -> dict[str, Any]:
    return {
        "end": (journey.outcome, journey.hangup_by),
        "keys": [step.key for step in journey.ivr_steps],
        "visits": [(visit.queue, visit.position, visit.outcome) for visit in journey.queue_visits],
        "rings": [(ring.agent, ring.member_name, ring.queue, ring.outcome) for ring in journey.attempts],
        "legs": [agent.agent for agent in journey.agent_legs],
        "recordings": len(journey.recordings),
    }


def was(end: str, by: str, **rest: Any) -> dict[str, Any]:
    blank = {"keys": [], "visits": [], "rings": [], "legs": [], "recordings": 1}
    return blank | {"end": (end, by)} | rest


def ring(agent: str, outcome: str, queue: str = ZH) -> tuple[str, str, str, str]:
    return f"PJSIP/{agent}", agent, queue, outcome


EXPECTED = {
    "cel.0": was(
        "answered", "agent", visits=[(ZH, 1, "answered")], rings=[ring("1001", "answered")], legs=["PJSIP/1001"]
    ),
    "cel.23": was("no_agents", "system", visits=[(ZH, 0, "joinempty")]),
    "cel.26": was("timeout", "system", visits=[("short", 1, "timeout")]),
    "cel.27": was(
        "abandoned", "caller", keys=["1"], visits=[(ZH, 1, "abandoned")], rings=[ring("1002", "cancelled")]
    ),
    "cel.31": was(
        "abandoned",
        "caller",
        keys=["invalid:9", "3"],
        visits=[(ZH, 1, "abandoned")],
        rings=[ring("1002", "cancelled")],
    ),
    "cel.37": was("ivr_hangup", "caller", recordings=0),
    "duty.0": was("no_agents", "system", visits=[(ZH, 0, "joinempty")]),
    # The last file form but one: no name of the queue, no rows of our own.
    "old.0": was(
        "answered",
        "caller",
        visits=[("", 1, "answered")],
        rings=[ring("1001", "answered", "")],
        legs=["PJSIP/1001"],
        recordings=0,
    ),
}


def test_recorded_calls_become_journeys() -> None:
    found = journeys(recorded())
    assert {name: told(journey) for name, journey in found.items()} == EXPECTED
    assert {(j.direction, j.dialled, j.estimated) for j in found.values()} == {("inbound", "96365", False)}


ALONE = {
    "rec.0": "duty-phone-busy-then-voicemail",
    "rec.2": "voicemail-nothing-said",
    "rec.4": "voicemail-ended-by-silence",
    "rec.5": "duty-phone-outside",
    "rec.7": "duty-phone-of-a-seat",
}


@pytest.mark.parametrize("call", ALONE)
def test_duty_phone_and_messages_are_the_same_in_both_sources(call: str) -> None:
    by_cel = journeys(read_since(FILE.with_name("alone.csv"), NOWHERE).rows)[call]
    [by_ami] = run(events(ALONE[call])).journeys.values()
    assert told(by_cel) == told(by_ami)
    assert by_cel.voicemail_left is by_ami.voicemail_left is (by_ami.outcome == "voicemail")


def test_times_are_those_of_the_pbx() -> None:
    journey = journeys(recorded())["old.0"]
    [talk] = journey.agent_legs
    assert (journey.started_at, journey.ended_at) == (stamp("1795414477.718526"), stamp("1795414502.735693"))
    assert (talk.from_at, talk.to_at) == (stamp("1795414491.848778"), stamp("1795414502.733257"))
    [visit] = journey.queue_visits
    assert (visit.joined_at, visit.left_at) == (stamp("1795414486.826898"), stamp("1795414491.848778"))


def stamp(text: str) -> Any:
    row = parse(("", text, "", "", "", "", "x", "x", "", ""))
    assert row is not None
    return row.at


def test_the_same_rows_twice_are_the_same_calls() -> None:
    assert {n: told(j) for n, j in journeys(recorded() * 2).items() if n == "cel.0"} == {"cel.0": EXPECTED["cel.0"]}


@pytest.mark.parametrize("kept", range(1, 20, 3))
def test_rows_that_are_missing_are_survived(kept: int) -> None:
    rows = recorded()
    assert journeys(rows[:: kept + 1]) is not None
    assert len(journeys(rows[kept:])) <= len(EXPECTED)


def row(kind: str, at: float, line: str, *, of: str = "x-1.0", app: str = "", extra: str = "", data: str = "") -> Row:
    channel, uniqueid = line.split(" ")
    exten = "96365" if uniqueid == of else "s"
    return (kind, f"1795414{at:07.3f}", "13900000001", exten, channel, app, uniqueid, of, "", extra, data, "王秀兰")


HOUSEHOLD, FIRST, SECOND = "PJSIP/trunk-01 x-1.0", "PJSIP/1001-02 x-1.1", "PJSIP/1002-web-03 x-1.2"


def test_a_ring_that_ran_out_is_told_from_one_that_was_cancelled() -> None:
    """The PBX gives both the cause 0: only what else happened at that moment tells them apart."""
    [journey] = journeys(
        [
            row("CHAN_START", 100, HOUSEHOLD),
            row("ANSWER", 101, HOUSEHOLD),
            row("APP_START", 102, HOUSEHOLD, app="Queue", data="hotline-zh,tc,,,300"),
            row("CHAN_START", 103, FIRST),
            row("HANGUP", 118, FIRST, app="AppQueue", extra='{"hangupcause":0,"hangupsource":""}'),
            row("CHAN_START", 120, SECOND),
            row("HANGUP", 125, SECOND, app="AppQueue", extra='{"hangupcause":0,"hangupsource":""}'),
            row("APP_END", 125, HOUSEHOLD, app="Queue"),
            row("HANGUP", 125, HOUSEHOLD, extra='{"hangupcause":0,"hangupsource":"PJSIP/trunk-01"}'),
        ]
    ).values()
    assert [(a.agent, a.member_name, a.outcome) for a in journey.attempts] == [
        ("PJSIP/1001", "1001", "no_answer"),
        ("PJSIP/1002-web", "1002", "cancelled"),
    ]
    assert (journey.outcome, journey.caller_name) == ("abandoned", "王秀兰")


def test_what_an_agent_dials_is_an_outbound_call() -> None:
    own, household = "PJSIP/1001-05 x-2.0", "PJSIP/trunk-06 x-2.1"
    bridge = '{"bridge_id":"b"}'
    [journey] = journeys(
        [
            row("CHAN_START", 10, own, of="x-2.0"),
            row("CHAN_START", 11, household, of="x-2.0"),
            row("ANSWER", 12, household, of="x-2.0", app="AppDial"),
            row("ANSWER", 12.1, own, of="x-2.0", app="Dial"),
            row("BRIDGE_ENTER", 12.2, household, of="x-2.0", extra=bridge),
            row("BRIDGE_ENTER", 12.3, own, of="x-2.0", extra=bridge),
            row("BRIDGE_EXIT", 20, own, of="x-2.0", extra=bridge),
            row("HANGUP", 20.1, household, of="x-2.0", extra='{"hangupcause":16,"hangupsource":"PJSIP/1001-05"}'),
            row("HANGUP", 20.2, own, of="x-2.0", extra='{"hangupcause":16,"hangupsource":"PJSIP/1001-05"}'),
        ]
    ).values()
    assert (journey.direction, journey.outcome, journey.hangup_by) == ("outbound", "answered", "agent")
    assert [agent.agent for agent in journey.agent_legs] == ["PJSIP/1001"]


def test_a_blind_transfer_is_told() -> None:
    bridge = '{"bridge_id":"b"}'
    sent = (
        '{"extension":"1002","context":"transfer-allowed","bridge_id":"b","transferee_channel_name":"PJSIP/trunk-01"}'
    )
    [journey] = journeys(
        [
            row("CHAN_START", 1, HOUSEHOLD),
            row("ANSWER", 2, HOUSEHOLD),
            row("APP_START", 3, HOUSEHOLD, app="Queue", data="hotline-zh"),
            row("CHAN_START", 4, FIRST),
            row("ANSWER", 5, FIRST, app="AppQueue"),
            row("BRIDGE_ENTER", 5.1, FIRST, extra=bridge),
            row("BRIDGE_ENTER", 5.2, HOUSEHOLD, extra=bridge),
            row("BLINDTRANSFER", 9, FIRST, extra=sent),
            row("BRIDGE_EXIT", 9.1, HOUSEHOLD, extra=bridge),
            row("HANGUP", 9.2, FIRST, extra='{"hangupcause":16,"hangupsource":"PJSIP/1001-02"}'),
            row("HANGUP", 12, HOUSEHOLD, extra='{"hangupcause":16,"hangupsource":"PJSIP/trunk-01"}'),
        ]
    ).values()
    assert [(t.kind, t.by, t.to, t.completed) for t in journey.transfers] == [("blind", "PJSIP/1001", "1002", False)]


def test_a_line_that_changes_calls_makes_them_one() -> None:
    rows = [row("CHAN_START", 1, "PJSIP/1001-01 x-1.0"), row("CHAN_START", 2, "PJSIP/1001-02 x-2.0", of="x-2.0")]
    assert len(calls(rows)) == 2
    rows.append(row("ANSWER", 3, "PJSIP/1001-02 x-2.0", of="x-1.0"))
    [call] = calls(rows)
    assert call.names == {"x-1.0", "x-2.0"}
    assert [each.kind for each in call.rows] == ["CHAN_START", "CHAN_START", "ANSWER"]


GARBAGE: list[Row] = [
    ("CHAN_START", "no time", "", "", "", "", "x", "x", "", ""),
    ("CHAN_START", "inf", "", "", "", "", "x", "x", "", ""),
    ("CHAN_START", "1795414477.7", "", "", "", "", "", "x", "", ""),
    ("CHAN_START", "1795414477.7", "", "", "", "", "x", "", "", ""),
]


@pytest.mark.parametrize("columns", GARBAGE)
def test_rows_without_a_line_or_a_time_are_none(columns: Row) -> None:
    assert parse(columns) is None


HOSTILE = [
    "[]",
    "{",
    "1",
    "null",
    "[" * 10_000,
    '{"bridge_id":5,"hangupcause":"x"}',
    '{"hangupcause":-1}',
    '{"extra":[]}',
]


@pytest.mark.parametrize("extra", HOSTILE)
def test_hostile_extras_are_nothing(extra: str) -> None:
    kinds = ("IvrStep", "QueueRefused", "BRIDGE_ENTER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "HANGUP")
    rows = [
        row("CHAN_START", 0, HOUSEHOLD),
        *(row(kind, n, HOUSEHOLD, extra=extra) for n, kind in enumerate(kinds, 1)),
    ]
    [journey] = journeys(rows).values()
    assert journey.ended_at == stamp("1795414006.000")


def test_control_characters_are_taken_out() -> None:
    found = parse(
        ("CHAN_START", "1795414477.7", "1\r\n3", "s", "c", "", "x", "x", "", "", "", "\x1b[31m" + "王" * 200)
    )
    assert isinstance(found, CelRow)
    assert (found.number, len(found.name)) == ("13", 79)


def rows_of_recording(name: str) -> list[Row]:
    stream = with_cel(messages(name))
    return [tuple(row) for row in csv.reader(cel_line(message) for message in stream if is_row(message))]


def test_a_called_line_gets_its_number_after_its_birth() -> None:
    [journey] = journeys(rows_of_recording("callback-agent-first")).values()
    assert (journey.caller, journey.dialled) == ("96365", "13900000004")


def test_a_queue_that_is_over_at_once_has_refused() -> None:
    """Also where a dialplan, unlike ours, does not say so."""
    rows = rows_of_recording("queue-join-empty")
    assert not [row for row in rows if row[0] in ("QueueRefused", "QueueLeft")]
    [journey] = journeys(rows).values()
    assert (journey.outcome, journey.queue_visits) == ("no_agents", ())


def test_our_number_on_a_call_back_that_nobody_answered_is_known_from_its_end() -> None:
    """The birth was heard while the line had no number yet, so of the rows only the end is news."""
    board = Switchboard("a")
    heard = [event for event in events("callback-unanswered") if isinstance(event, LineAppeared)][:1]
    told = [event for call in calls(rows_of_recording("callback-unanswered")) for event in events_of("a", call)]
    for event in [*heard, *(one for one in told if not isinstance(one, LineAppeared))]:
        board.apply(event)
    journey = board.journey("callback-8")
    assert journey is not None
    assert (journey.caller, journey.outcome) == ("96365", "timeout")
