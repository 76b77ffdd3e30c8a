"""Reading headers: whatever comes, an event or nothing, and never an exception."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.calls import events as e
from callcenter.calls import pbx_events as pe
from callcenter.telephony.ami_events import TEXT_LENGTH, TRANSLATORS, USER_EVENTS, live_line, live_wait, translate
from tests.recorded_calls import EXCLUDED, NAMES, messages, run, translated

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

KEYS = sorted({key for name in ("attended-transfer-ami", "lists-mid-call") for m in messages(name) for key in m})
VALUES = st.one_of(
    st.text(max_size=200), st.sampled_from(["1", "6", "Queue", "QUEUESTATUS", "<unknown>", "nan", "1e400"])
)
RUBBISH = st.dictionaries(
    st.sampled_from(KEYS), st.one_of(VALUES, st.lists(VALUES, max_size=3), st.none(), st.integers()), max_size=25
)


@settings(max_examples=200, deadline=None)
@given(
    event=st.sampled_from([*TRANSLATORS, "Nonsense"]),
    user_event=st.sampled_from([*USER_EVENTS, "Other"]),
    rubbish=RUBBISH,
    received=st.sampled_from([None, NOON]),
)
def test_rubbish_never_raises(event: str, user_event: str, rubbish: dict, received: datetime | None) -> None:  # type: ignore[type-arg]
    message = rubbish | {"Event": event, "UserEvent": user_event}
    happened = translate(message, "a", received)
    assert happened is None or isinstance(happened, e.LineEvent)
    if happened is not None:
        run([happened])
        for name in happened.__slots__:
            value = getattr(happened, name)
            assert not isinstance(value, str) or value.isprintable()
    live_line(rubbish)
    live_wait(rubbish)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=20), VALUES, max_size=10))
def test_any_dictionary(message: dict[str, str | list[str]]) -> None:
    translate(message, "a", NOON)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(NAMES), data=st.data())
def test_recorded_messages_with_spoilt_headers(name: str, data: st.DataObject) -> None:
    stream = [dict(message) for message in messages(name)]
    for message in data.draw(st.lists(st.sampled_from(stream), max_size=15)):
        message[data.draw(st.sampled_from(sorted(message)))] = data.draw(st.text(max_size=30))
    run(translated(stream))


def newchannel(**headers: str) -> e.LineAppeared:
    message = {"Event": "Newchannel", "Timestamp": "1795404675.774435", "Uniqueid": "a-1.1", "Linkedid": "a-1.1"}
    event = translate(message | {"Channel": "PJSIP/trunk-00000001", "ChannelState": "4"} | headers, "a")
    assert isinstance(event, e.LineAppeared)
    return event


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("王小明", "王小明"),
        ("مۇھەممەت", "مۇھەممەت"),
        ("<unknown>", ""),
        ("Eve\r\nAction: Originate", "EveAction: Originate"),
        ("\x1b[31mred\x00", "[31mred"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("全角\u3000空格", "全角 空格"),
        ("x" * 500, "x" * TEXT_LENGTH),
        ("'; DROP TABLE journeys; --", "'; DROP TABLE journeys; --"),
        ('O\\\'Brien \\"Bo\\" \\\\ Who\\?', 'O\'Brien "Bo" \\ Who?'),
        ("two\\nlines\\", "twolines\\"),
        ("\\'" * 100, "'" * TEXT_LENGTH),
    ],
)
def test_a_callers_name_is_text_and_nothing_else(sent: str, kept: str) -> None:
    assert newchannel(CallerIDName=sent).caller_name == kept


def test_the_stamp_is_the_pbx_s_to_the_microsecond() -> None:
    assert newchannel().at == datetime(2026, 11, 23, 3, 31, 15, 774435, tzinfo=UTC)


def test_without_a_stamp_the_time_of_arrival_counts() -> None:
    message = {"Event": "Hangup", "Uniqueid": "a-1.1", "Linkedid": "a-1.1", "Cause": "16"}
    assert translate(message, "a") is None
    assert translate(message, "a", NOON) == e.LineEnded("a", NOON, "a-1.1", "a-1.1", "", 16)
    assert translate(message | {"Timestamp": "soon"}, "a", NOON) == e.LineEnded("a", NOON, "a-1.1", "a-1.1", "", 16)


def test_a_header_that_came_twice_counts_once() -> None:
    assert newchannel(CallerIDNum=["139", "138"]).caller_number == "139"  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "incoming"), [("4", True), ("0", False), ("", False)])
def test_who_called_whom(state: str, incoming: bool) -> None:
    assert newchannel(ChannelState=state).incoming is incoming


def user_event(name: str, **headers: str) -> e.LineEvent | None:
    line = {"Uniqueid": "a-1.1", "Linkedid": "a-1.1", "Channel": "PJSIP/trunk-00000001"}
    return translate({"Event": "UserEvent", "UserEvent": name} | line | headers, "a", NOON)


def test_our_user_events() -> None:
    line = ("a", NOON, "a-1.1", "a-1.1", "PJSIP/trunk-00000001")
    assert user_event("IvrStep", Node="main_menu", Key="1") == e.IvrKeyPressed(*line, "main_menu", "1")
    assert user_event("QueueRefused", Queue="q", Status="JOINEMPTY") == e.QueueClosed(*line, "q", "JOINEMPTY", True)
    assert user_event("QueueLeft", Queue="q", Status="TIMEOUT") == e.QueueClosed(*line, "q", "TIMEOUT", False)
    assert user_event("CallbackRequested", Queue="q") == e.CallbackAsked(*line, "q")
    assert user_event("VoicemailLeft") == e.VoicemailRecorded(*line)
    assert user_event("Fence", Run="7") == pe.FenceReached("a", NOON, "7")
    assert user_event("SomebodyElses") is None


def test_members_devices_and_contacts() -> None:
    paused = [event for event in translated(messages("agent-pause")) if isinstance(event, pe.MemberPaused)]
    assert [(event.paused, event.paused_reason) for event in paused] == [
        (True, "小休"), (False, ""), (True, "after-call"), (False, ""),
    ]  # fmt: skip
    assert {(event.queue, event.interface, event.member_name) for event in paused} == {
        ("hotline", "PJSIP/1001", "坐席1001")
    }
    devices = [
        event for event in translated(messages("normal-agent-hangs-up")) if isinstance(event, pe.DeviceStateChanged)
    ]
    assert {event.device for event in devices} == {"PJSIP/1001", "PJSIP/trunk"}
    contact = {"Event": "ContactStatus", "AOR": "1001", "EndpointName": "1001", "ContactStatus": "Removed"}
    assert translate(contact, "a", NOON) == pe.ContactChanged("a", NOON, "1001", "1001", "Removed")
    assert translate({"Event": "FullyBooted", "Uptime": "12"}, "a", NOON) == pe.PbxBooted("a", NOON, 12)


def test_filtered_events_are_not_relied_upon() -> None:
    kinds = {"QueueTried", "QueueClosed", "VoicemailRecorded"}
    for name in NAMES:
        for message in messages(name):
            event = translate(message, "a")
            if event is not None and message["Event"] in EXCLUDED:
                assert type(event).__name__ in kinds, json.dumps(message)
