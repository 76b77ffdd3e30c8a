"""Menus and queues: every visit of a queue ends in exactly one way.

A visit's end is told in two steps: the caller left (CallerLeftQueue), and why (AgentConnected, or the dialplan's
QueueClosed). CallerAbandonedQueue means a hangup only if the caller asked for one: Asterisk 22 says it also when the
time limit passed, the last member left, or the caller was withdrawn. If nothing ever says why, the end of the journey
decides (`decide_at_end`).
"""

from datetime import datetime, timedelta

from callcenter.calls import events as e
from callcenter.calls import facts as f
from callcenter.calls.changing import put_at, replace, undecided_visit
from callcenter.calls.journeys import IvrStep, Journey, QueueVisit, Recording
from callcenter.calls.rings import offer_told, picked_up
from callcenter.calls.states import VisitOutcome

_V = VisitOutcome

_BY_STATUS = {
    "TIMEOUT": _V.TIMEOUT,
    "FULL": _V.JOINEMPTY,  # refused at the door as well: nobody could take the caller
    "JOINEMPTY": _V.JOINEMPTY,
    "JOINUNAVAIL": _V.JOINEMPTY,
    "LEAVEEMPTY": _V.LEAVEEMPTY,
    "LEAVEUNAVAIL": _V.LEAVEEMPTY,
    "WITHDRAW": _V.WITHDRAWN,
    "CONTINUE": _V.ANSWERED,
    "EXITWITHKEY": _V.EXIT_KEY,
}

#: A refusal is told twice where VarSet is not filtered (QUEUESTATUS, then the dialplan's UserEvent): one visit.
SAME_REFUSAL = timedelta(seconds=1)
#: The dialplan says what it does twice, for those who listen and for CEL; nobody does it twice so soon.
SAME_WORD = timedelta(milliseconds=50)
#: The lists tell of a wait in whole seconds.
SAME_JOIN = timedelta(seconds=1)
#: A line that ends this soon after the queue was ended by its owner: the dialplan would have spoken first.
GOODBYE = timedelta(milliseconds=200)
#: A digit this short before the caller left the queue took him out of it.
EXIT_DIGIT = timedelta(seconds=1)


def key_pressed(journey: Journey, event: e.IvrKeyPressed, facts: list[f.Fact]) -> Journey:
    """IvrKeyPressed."""
    if any((s.node, s.key) == (event.node, event.key) and event.at - s.at <= SAME_WORD for s in journey.ivr_steps):
        return journey
    facts.append(f.IvrStepTaken(event.at, event.node, event.key))
    return replace(journey, ivr_steps=(*journey.ivr_steps, IvrStep(event.at, event.node, event.key)))


def digit_heard(journey: Journey, event: e.DigitHeard, facts: list[f.Fact]) -> Journey:
    """DigitHeard: only the caller's, and only while he waits."""
    if event.uniqueid != journey.household or undecided_visit(journey) is None:
        return journey
    return replace(journey, digit_at=event.at)


def callback_asked(journey: Journey, event: e.CallbackAsked, facts: list[f.Fact]) -> Journey:
    """CallbackAsked."""
    facts.append(f.CallbackRequested(event.at, event.queue))
    return replace(journey, callback_asked=True)


def voicemail_recorded(journey: Journey, event: e.VoicemailRecorded, facts: list[f.Fact]) -> Journey:
    """VoicemailRecorded."""
    if journey.voicemail_left:
        return journey
    facts.append(f.VoicemailLeft(event.at, event.uniqueid))
    return replace(journey, voicemail_left=True)


def recording_began(journey: Journey, event: e.RecordingBegan, facts: list[f.Fact]) -> Journey:
    """RecordingBegan."""
    if any(r.uniqueid == event.uniqueid and event.at - r.at <= SAME_WORD for r in journey.recordings):
        return journey
    facts.append(f.RecordingStarted(event.at, event.uniqueid))
    return replace(journey, recordings=(*journey.recordings, Recording(event.at, event.uniqueid)))


def tried(journey: Journey, event: e.QueueTried, facts: list[f.Fact]) -> Journey:
    """QueueTried: remembers the name for a refusal that does not tell it."""
    return replace(journey, queue_tried=event.queue)


def joined(journey: Journey, event: e.CallerJoinedQueue, facts: list[f.Fact]) -> Journey:
    """CallerJoinedQueue. Nobody joins the queue in which he waits: that is a wait which the lists told before."""
    visit = undecided_visit(journey)
    if visit is not None and visit.queue == event.queue and abs(event.at - visit.joined_at) <= SAME_JOIN:
        visit = replace(visit, joined_at=min(visit.joined_at, event.at), position=event.position or visit.position)
        return _put_visit(journey, visit)
    if event.uniqueid == journey.household and not journey.caller:
        journey = replace(journey, caller=event.caller_number)
    if _just_refused(journey, event):
        return journey
    journey = _decide(journey, event.at, _unexplained(journey), facts)
    facts.append(f.CallerQueued(event.at, event.queue, event.position))
    visit = QueueVisit(event.queue, event.at, event.position)
    return replace(journey, queue_visits=(*journey.queue_visits, visit), digit_at=None)


def _just_refused(journey: Journey, event: e.CallerJoinedQueue) -> bool:
    """True if this is the begin of the Queue() that has let nobody in: AMI and CEL have clocks of their own."""
    last = journey.queue_visits[-1] if journey.queue_visits else None
    if last is None or last.outcome is not _V.JOINEMPTY or last.queue != event.queue:
        return False
    return abs(event.at - last.joined_at) <= SAME_WORD


def wait_found(journey: Journey, event: e.WaitFound, facts: list[f.Fact]) -> Journey:
    """WaitFound: a wait that we did not know of."""
    visit = undecided_visit(journey)
    if visit is not None and visit.queue == event.queue:
        return journey
    # the caller waits here since then, so he waits in no other queue any more
    left_at = max(min(event.since, event.at), visit.joined_at) if visit is not None else event.at
    if visit is not None and visit.left_at is None:
        journey = replace(journey, estimates=(*journey.estimates, left_at))
    journey = _decide(journey, left_at, _unexplained(journey), facts)
    facts.append(f.CallerQueued(event.since, event.queue, event.position))
    visit = QueueVisit(event.queue, event.since, event.position)
    guesses = (*journey.estimates, event.since)
    return replace(journey, queue_visits=(*journey.queue_visits, visit), estimates=guesses)


def wait_vanished(journey: Journey, event: e.WaitVanished, facts: list[f.Fact]) -> Journey:
    """WaitVanished: when, by guess, and not why."""
    visit = undecided_visit(journey)
    if visit is None or visit.queue != event.queue or visit.left_at is not None:
        return journey
    return left(replace(journey, estimates=(*journey.estimates, event.at)), event, facts)


def left(journey: Journey, event: e.OnLine, facts: list[f.Fact]) -> Journey:
    """CallerLeftQueue: when, not why."""
    visit = undecided_visit(journey)
    if visit is None or visit.left_at is not None:
        return journey
    return _put_visit(journey, replace(visit, left_at=event.at))


def abandoned(journey: Journey, event: e.CallerAbandonedQueue, facts: list[f.Fact]) -> Journey:
    """CallerAbandonedQueue: a hangup if the caller asked for one, else only a time."""
    if _caller_asked_by(journey, event.at):
        return _decide(journey, event.at, _V.ABANDONED, facts)
    return left(journey, event, facts)


def connected(journey: Journey, event: e.AgentConnected, facts: list[f.Fact]) -> Journey:
    """AgentConnected."""
    journey = offer_told(journey, event, facts)
    journey = picked_up(journey, event.at, event.agent_uniqueid, facts)
    return _decide(journey, event.at, _V.ANSWERED, facts)


def closed(journey: Journey, event: e.QueueClosed, facts: list[f.Fact]) -> Journey:
    """QueueClosed: why the caller waits no more, or was never let in."""
    outcome = _BY_STATUS.get(event.status)
    if outcome is None:
        return journey
    visit = undecided_visit(journey)
    if visit is not None:
        if outcome is _V.JOINEMPTY and event.at - visit.joined_at <= SAME_REFUSAL:
            journey = _put_visit(journey, replace(visit, position=0))  # CEL tells of Queue(), not of being let in
        return _decide(journey, event.at, outcome, facts)
    return _refused(journey, event, facts) if outcome is _V.JOINEMPTY else journey


def _refused(journey: Journey, event: e.QueueClosed, facts: list[f.Fact]) -> Journey:
    queue = event.queue or journey.queue_tried
    last = journey.queue_visits[-1] if journey.queue_visits else None
    if last is not None and last.position == 0 and event.at - last.joined_at <= SAME_REFUSAL:
        return _put_visit(journey, replace(last, queue=last.queue or queue))
    visit = QueueVisit(queue, event.at, 0, event.at, _V.JOINEMPTY)
    facts.append(f.QueueVisitEnded(event.at, queue, event.at, _V.JOINEMPTY, 0.0))
    return replace(journey, queue_visits=(*journey.queue_visits, visit))


def answered_without_word(journey: Journey, at: datetime, facts: list[f.Fact]) -> Journey:
    """An agent and the caller talk: the visit was answered even if no AgentConnected was seen."""
    return _decide(journey, at, _V.ANSWERED, facts)


def decide_at_end(journey: Journey, at: datetime, facts: list[f.Fact]) -> Journey:
    """The journey is over: say how an undecided visit ended, from what evidence there is."""
    visit = undecided_visit(journey)
    if visit is None:
        return journey
    line = journey.lines.get(journey.household)
    by_pbx = line is not None and line.asked_by_pbx
    hung_up = visit.left_at is None or (at - visit.left_at <= GOODBYE and not by_pbx)
    hung_up = hung_up or _caller_asked_by(journey, visit.left_at or at)
    return _decide(journey, at, _V.ABANDONED if hung_up else _unexplained(journey), facts)


def _caller_asked_by(journey: Journey, at: datetime) -> bool:
    """True if the household's device had asked for the end of its line by then."""
    line = journey.lines.get(journey.household)
    return line is not None and line.asked_at is not None and not line.asked_by_pbx and line.asked_at <= at


def _unexplained(journey: Journey) -> VisitOutcome:
    visit, digit_at = undecided_visit(journey), journey.digit_at
    if visit and digit_at and visit.left_at and timedelta(0) <= visit.left_at - digit_at <= EXIT_DIGIT:
        return _V.EXIT_KEY
    return _V.TIMEOUT


def _decide(journey: Journey, at: datetime, outcome: VisitOutcome, facts: list[f.Fact]) -> Journey:
    visit = undecided_visit(journey)
    if visit is None:
        return journey
    visit = replace(visit, left_at=visit.left_at or at, outcome=outcome)
    facts.append(f.QueueVisitEnded(at, visit.queue, visit.joined_at, outcome, visit.wait_seconds))
    return _put_visit(journey, visit)


def _put_visit(journey: Journey, visit: QueueVisit) -> Journey:
    visits = journey.queue_visits
    return replace(journey, queue_visits=put_at(visits, len(visits) - 1, visit))
