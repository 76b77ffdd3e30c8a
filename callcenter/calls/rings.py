"""Agents' devices ring, and each ring ends once.

Evidence comes in pieces and in two orders: the queue's word (AgentRingEnded), the dial's (DialEnded), and the cause
with which the ringing line ended. The first says when, the last says why: a phone that refuses is `NOANSWER` to the
queue and only its cause tells 486 (busy) from 603 (rejected). So a ring is put on record when its line has ended, or
when it was answered.
"""

from datetime import datetime

from callcenter.calls import facts as f
from callcenter.calls.changing import put_at, replace, undecided_visit
from callcenter.calls.events import AgentCalled, AgentConnected, AgentRingEnded, DialBegan, DialEnded, LineFound
from callcenter.calls.journeys import Attempt, Journey
from callcenter.calls.lines import interface_of, is_agent_interface, member_interface, other_half
from callcenter.calls.states import AttemptOutcome

_O = AttemptOutcome

DUTY_PHONE = "duty-phone"
"""Stands for the interface of a duty phone outside, which is one of ours and no seat's."""

_BY_DIAL_STATUS = {
    "ANSWER": _O.ANSWERED,
    "NOANSWER": _O.NO_ANSWER,
    "BUSY": _O.BUSY,
    "CANCEL": _O.CANCELLED,
    "ABORT": _O.CANCELLED,
    "CHANUNAVAIL": _O.UNAVAILABLE,
    "CONGESTION": _O.REJECTED,
    "DONTCALL": _O.REJECTED,
}

#: Q.850 causes that say more than the queue does (res_pjsip: 486 → 17, 603 → 21, 480 → 19, 404 → 1, 503 → 34).
_BY_CAUSE = {
    17: _O.BUSY,
    21: _O.REJECTED,
    26: _O.CANCELLED,
    1: _O.UNAVAILABLE,
    3: _O.UNAVAILABLE,
    20: _O.UNAVAILABLE,
    27: _O.UNAVAILABLE,
    34: _O.UNAVAILABLE,
    38: _O.UNAVAILABLE,
}


def began_ringing(
    journey: Journey,
    at: datetime,
    line: str,
    channel: str,
    agent: str,
    facts: list[f.Fact],
    *,
    member_name: str = "",
    queue: str = "",
) -> Journey:
    """Record that this line of that agent rings, unless it is known."""
    if find_attempt(journey, line) >= 0:
        return journey
    visit = undecided_visit(journey)
    queue = queue or (visit.queue if visit else "")
    waited = max((at - visit.joined_at).total_seconds(), 0.0) if visit else 0.0
    facts.append(f.AgentRinging(at, line, channel, agent, member_name, queue, waited))
    attempt = Attempt(line, channel, agent, member_name, queue, at)
    return replace(journey, attempts=(*journey.attempts, attempt))


def find_attempt(journey: Journey, line: str) -> int:
    """Index of the ring of that line, -1 if there is none."""
    for index in range(len(journey.attempts) - 1, -1, -1):
        attempt = journey.attempts[index]
        if line in (attempt.line, attempt.via):
            return index
    return -1


def agent_called(journey: Journey, event: AgentCalled, facts: list[f.Fact]) -> Journey:
    """AgentCalled: a queue rings a member."""
    return _offered(journey, event, event.at, facts)


def offer_told(journey: Journey, event: AgentConnected | AgentRingEnded, facts: list[f.Fact]) -> Journey:
    """The end of an offer names it as well: a ring whose begin was not heard began with its line."""
    line = journey.lines.get(event.agent_uniqueid)
    known = find_attempt(journey, event.agent_uniqueid) >= 0
    if not known and (line is None or not line.is_real or line.incoming or line.uniqueid == journey.household):
        return journey
    return _offered(journey, event, line.appeared_at if line is not None else event.at, facts)


def _offered(
    journey: Journey, event: AgentCalled | AgentConnected | AgentRingEnded, since: datetime, facts: list[f.Fact]
) -> Journey:
    known = find_attempt(journey, event.agent_uniqueid)
    if known >= 0:
        attempt = journey.attempts[known]
        number_alone = attempt.member_name in ("", attempt.agent.rpartition("/")[2])  # CEL knows no names
        name = event.member_name if number_alone else attempt.member_name
        queue = attempt.queue or event.queue
        if (attempt.member_name, attempt.queue) == (name, queue):
            return journey
        attempt = replace(attempt, member_name=name, queue=queue)
        return replace(journey, attempts=put_at(journey.attempts, known, attempt))
    device = interface_of(event.agent_channel)
    agent = device if is_agent_interface(device) else member_interface(event.interface)
    who = event.agent_uniqueid, event.agent_channel, agent
    return began_ringing(journey, since, *who, facts, member_name=event.member_name, queue=event.queue)


def found_answered(journey: Journey, event: LineFound) -> Journey:
    """A device that was rung and is up by now: when it rang is a guess, and nobody needs to be told any more."""
    if find_attempt(journey, event.uniqueid) >= 0:
        return journey
    visit = undecided_visit(journey)
    queue, agent = visit.queue if visit else "", interface_of(event.channel)
    ring = Attempt(event.uniqueid, event.channel, agent, "", queue, event.since, event.at, _O.ANSWERED, settled=True)
    return replace(journey, attempts=(*journey.attempts, ring))


def dial_began(journey: Journey, event: DialBegan, facts: list[f.Fact]) -> Journey:
    """DialBegan: any ring; one on behalf of a Local member is that member's ring."""
    if event.uniqueid == journey.household:
        return replace(journey, dialled=event.dialled) if event.dialled else journey
    agent = interface_of(event.channel)
    if not is_agent_interface(agent):
        return on_duty(journey, event.at, event.uniqueid, facts)
    half = other_half(event.by_channel)
    for index, attempt in enumerate(journey.attempts):
        if half and attempt.channel == half:
            real = replace(attempt, line=event.uniqueid, channel=event.channel, agent=agent, via=attempt.line)
            return replace(journey, attempts=put_at(journey.attempts, index, real))
    return began_ringing(journey, event.at, event.uniqueid, event.channel, agent, facts)


def on_duty(journey: Journey, at: datetime, line: str, facts: list[f.Fact]) -> Journey:
    """Once the dialplan has called the duty phone, a line outside that rings is it: it rings like an agent's."""
    found = journey.lines.get(line)
    if not journey.duty_called or found is None or found.incoming or found.is_agent or found.ended_at is not None:
        return journey
    lines = {**journey.lines, line: replace(found, is_agent=True, interface=DUTY_PHONE)}
    return began_ringing(replace(journey, lines=lines), at, line, found.channel, DUTY_PHONE, facts)


def dial_ended(journey: Journey, event: DialEnded, facts: list[f.Fact]) -> Journey:
    """DialEnded."""
    line = journey.lines.get(event.uniqueid)
    if line is not None and not line.dial_status:
        line = replace(line, dial_status=event.status)
        journey = replace(journey, lines={**journey.lines, line.uniqueid: line})
    journey = _rang_unheard(journey, event.uniqueid, facts)
    outcome = _BY_DIAL_STATUS.get(event.status)
    if outcome is _O.ANSWERED:
        return picked_up(journey, event.at, event.uniqueid, facts)
    return _rang_out(journey, event.at, event.uniqueid, outcome or _O.NO_ANSWER)


def _rang_unheard(journey: Journey, uniqueid: str, facts: list[f.Fact]) -> Journey:
    """A device of ours was called, says the end of the call; it began with its line."""
    line = journey.lines.get(uniqueid)
    if line is None or line.incoming or uniqueid == journey.household:
        return journey
    if not line.is_agent:
        return on_duty(journey, line.appeared_at, uniqueid, facts)
    return began_ringing(journey, line.appeared_at, uniqueid, line.channel, line.interface, facts)


def ring_ended(journey: Journey, event: AgentRingEnded, facts: list[f.Fact]) -> Journey:
    """AgentRingEnded: the queue's time limit passed, or the phone refused."""
    journey = offer_told(journey, event, facts)
    return _rang_out(journey, event.at, event.agent_uniqueid, _O.NO_ANSWER)


def _rang_out(journey: Journey, at: datetime, line: str, outcome: AttemptOutcome) -> Journey:
    index = find_attempt(journey, line)
    if index < 0 or journey.attempts[index].ended_at is not None:
        return journey
    attempt = replace(journey.attempts[index], ended_at=at, outcome=outcome)
    return replace(journey, attempts=put_at(journey.attempts, index, attempt))


def picked_up(journey: Journey, at: datetime, line: str, facts: list[f.Fact]) -> Journey:
    """The ring of that line was answered."""
    index = find_attempt(journey, line)
    if index < 0 or journey.attempts[index].ended_at is not None:
        return journey
    return _settle(journey, index, at, _O.ANSWERED, facts)


def line_ended(journey: Journey, at: datetime, line: str, cause: int, facts: list[f.Fact]) -> Journey:
    """The line of a ring ended: now the ring's end is known for good."""
    index = find_attempt(journey, line)
    if index < 0 or journey.attempts[index].settled or journey.attempts[index].via == line:
        return journey
    attempt = journey.attempts[index]
    outcome = _BY_CAUSE.get(cause) or attempt.outcome or _O.CANCELLED
    return _settle(journey, index, attempt.ended_at or at, outcome, facts)


def stop_ringing(journey: Journey, at: datetime, facts: list[f.Fact]) -> Journey:
    """The call is over: whatever still rings is cancelled."""
    for index, attempt in enumerate(journey.attempts):
        if not attempt.settled:
            outcome = attempt.outcome or _O.CANCELLED
            journey = _settle(journey, index, attempt.ended_at or at, outcome, facts)
    return journey


def _settle(journey: Journey, index: int, at: datetime, outcome: AttemptOutcome, facts: list[f.Fact]) -> Journey:
    attempt = replace(journey.attempts[index], ended_at=at, outcome=outcome, settled=True)
    rang = max((at - attempt.ringing_at).total_seconds(), 0.0)
    who = attempt.line, attempt.channel, attempt.agent, attempt.member_name, attempt.queue
    facts.append(f.RingEnded(at, *who, outcome, rang))
    return replace(journey, attempts=put_at(journey.attempts, index, attempt))
