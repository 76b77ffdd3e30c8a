"""A duty phone outside is a line of the trunk like the caller's: what makes it one of ours."""

from datetime import UTC, datetime, timedelta

from callcenter.calls import events as e
from callcenter.calls import live_comparison
from callcenter.calls.live_lines import LiveLine
from callcenter.calls.states import Outcome
from callcenter.calls.switchboard import Switchboard
from callcenter.telephony.ami_events import live_line, translate
from tests.recorded_calls import events, run

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HOUSEHOLD, DUTY = "a-1795404000.1", "a-1795404000.2"


def row(uniqueid: str, channel: str, application: str, context: str, **more: str) -> dict[str, str]:
    shown = {"ChannelState": "6", "BridgeId": "b", "Exten": "hotline-zh", "Duration": "00:00:30"}
    names = {"Uniqueid": uniqueid, "Linkedid": HOUSEHOLD, "Channel": channel}
    return shown | names | {"Application": application, "Context": context, "CallerIDNum": "13900000001"} | more


def lines() -> list[LiveLine]:
    rows = [
        row(HOUSEHOLD, "PJSIP/trunk-00000001", "Dial", "duty-phone"),
        row(DUTY, "PJSIP/trunk-00000002", "AppDial", "from-carrier", Duration="00:00:20"),
    ]
    return [line for each in rows if (line := live_line(each))]


def test_a_talk_with_the_duty_phone_that_is_found_under_way_is_served() -> None:
    board = Switchboard("a")
    live_comparison.adopt(board, lines(), [], AT)
    assert live_comparison.adopt(board, lines(), [], AT + timedelta(seconds=20)) == []
    [journey] = board.open_journeys()
    assert [leg.agent for leg in journey.agent_legs] == ["duty-phone"]
    later = AT + timedelta(minutes=1)
    board.apply(e.LineEnded("a", later, DUTY, HOUSEHOLD, "PJSIP/trunk-00000002", 16))
    [change] = board.apply(e.LineEnded("a", later, HOUSEHOLD, HOUSEHOLD, "PJSIP/trunk-00000001", 16))
    assert change.journey.outcome is Outcome.ANSWERED


def test_without_the_word_of_the_dialplan_it_is_a_line_outside() -> None:
    """Else whoever an agent transfers a household to, outside, would count as one of ours."""
    untold = [event for event in events("duty-phone-outside") if not isinstance(event, e.DutyPhoneCalled)]
    [journey] = run(untold).journeys.values()
    assert journey.agent_legs == ()


def test_the_watch_of_the_pbx_is_no_call() -> None:
    half = row("a-1.9", "Local/s@wrap-up-watch-00000000;2", "Wait", "wrap-up-watch")
    assert live_line(half) is None
    stamp = {"Timestamp": "1795404000.5"}
    for name in ("Newchannel", "Newstate"):
        assert translate({"Event": name, **half, **stamp}, "a") is None
    begun = {"Event": "DialBegin", "DestChannel": "Local/s@wrap-up-watch-00000000;1", "DestUniqueid": "a-1.8"}
    assert translate({**begun, **stamp}, "a") is None


def test_a_ring_of_the_duty_phone_that_nobody_heard_begin_is_known_from_its_end() -> None:
    told = list(events("duty-phone-outside"))
    untold = [one for one in told if not (isinstance(one, e.DialBegan) and one.channel.startswith("PJSIP/trunk"))]
    assert len(untold) == len(told) - 1
    [journey] = run(untold).journeys.values()
    assert [(ring.agent, ring.outcome) for ring in journey.attempts] == [("duty-phone", "answered")]
