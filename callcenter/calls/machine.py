"""The call machine: (journey, event) → journey + facts. Pure; one table says who handles what.

Feed it the events of one call in the order of their time stamps (the switchboard does). An event that does not fit
changes nothing and is never an error.
"""

from collections.abc import Callable
from typing import Any

from callcenter.calls import arrivals, conversations, endings, queueing, rings
from callcenter.calls import events as e
from callcenter.calls.changing import replace
from callcenter.calls.facts import Fact, JourneyDiscarded
from callcenter.calls.journeys import Journey
from callcenter.calls.states import CallState, advance

#: `Any` stands for the event type that is the key of the row.
Handler = Callable[[Journey, Any, list[Fact]], Journey]

HANDLERS: dict[type[e.LineEvent], Handler] = {
    e.LineAppeared: arrivals.appeared,
    e.LineAnswered: arrivals.answered,
    e.LineFound: arrivals.found,
    e.OriginateEnded: arrivals.originated,
    e.IvrKeyPressed: queueing.key_pressed,
    e.DigitHeard: queueing.digit_heard,
    e.CallbackAsked: queueing.callback_asked,
    e.VoicemailRecorded: queueing.voicemail_recorded,
    e.DutyPhoneCalled: arrivals.duty_phone_called,
    e.RecordingBegan: queueing.recording_began,
    e.QueueTried: queueing.tried,
    e.CallerJoinedQueue: queueing.joined,
    e.WaitFound: queueing.wait_found,
    e.CallerLeftQueue: queueing.left,
    e.WaitVanished: queueing.wait_vanished,
    e.CallerAbandonedQueue: queueing.abandoned,
    e.AgentConnected: queueing.connected,
    e.QueueClosed: queueing.closed,
    e.AgentCalled: rings.agent_called,
    e.AgentRingEnded: rings.ring_ended,
    e.DialBegan: rings.dial_began,
    e.DialEnded: rings.dial_ended,
    e.BridgeEntered: conversations.bridge_entered,
    e.BridgeLeft: conversations.bridge_left,
    e.LinesFused: conversations.fused,
    e.LineHeld: conversations.held,
    e.LineResumed: conversations.resumed,
    e.BlindTransferred: conversations.blind_transferred,
    e.AttendedTransferred: conversations.attended_transferred,
    e.AgentCompleted: conversations.completed,
    e.HangupAsked: endings.hangup_asked,
    e.LineEnded: endings.ended,
    e.LineVanished: endings.vanished,
    e.SpyStarted: endings.spied,
    e.SpyStopped: endings.spied_no_more,
}

#: A finished journey still keeps book of which of its lines are gone; the word on a failed call-back comes last.
AFTER_THE_END = frozenset({e.LineEnded, e.LineVanished, e.OriginateEnded})


def step(journey: Journey, event: e.LineEvent) -> tuple[Journey, tuple[Fact, ...]]:
    """Take one event. The same journey object comes back if it meant nothing."""
    kind = type(event)
    handler = HANDLERS.get(kind)
    if handler is None or (journey.ended_at is not None and kind not in AFTER_THE_END):
        return journey, ()
    facts: list[Fact] = []
    after = journey
    if kind in arrivals.INTRODUCING and event.uniqueid not in journey.lines:  # type: ignore[attr-defined]
        after = arrivals.introduced(after, event, facts)  # type: ignore[arg-type]
    after = handler(after, event, facts)
    if not facts:
        return after, ()
    state = after.state
    for fact in facts:
        state = advance(state, type(fact).__name__)
    if state is not after.state:
        after = replace(after, state=state)
    visible = after.begun and (journey.begun or not isinstance(facts[0], JourneyDiscarded))
    return after, tuple(facts) if visible else ()


def is_contact(journey: Journey) -> bool:
    """True for what is put on record: neither a lone line, nor supervision, nor what became part of another."""
    return journey.begun and journey.state not in (CallState.MERGED, CallState.DISCARDED)
