"""Lines come: which of them is the household, and who began the call.

* A line that is no agent's device is the household; the first one stays it (a later one is an outside party that an
  agent transferred to). It called us: inbound. We called it: outbound.
* An agent's device that the PBX rang by itself is a call-back: outbound, and the next line is the household, even if
  it is a device of our own.
* An agent's device that called: nothing yet. It may be supervision or an echo test. The second line makes it an
  internal call, and a line that is no agent's device makes it an outbound one.
"""

from datetime import datetime

from callcenter.calls import facts as f
from callcenter.calls.changing import replace, with_line
from callcenter.calls.conversations import refresh
from callcenter.calls.events import (
    AgentCalled,
    BridgeEntered,
    CallerJoinedQueue,
    DialBegan,
    DutyPhoneCalled,
    IvrKeyPressed,
    LineAnswered,
    LineAppeared,
    LineFound,
    OnLine,
    OriginateEnded,
    QueueClosed,
)
from callcenter.calls.journeys import Journey, Line
from callcenter.calls.lines import interface_of, is_agent_interface, is_real_channel
from callcenter.calls.rings import began_ringing, found_answered, on_duty
from callcenter.calls.states import CallState, Direction

STATE_RINGING, STATE_UP = 5, 6  # main/channel.c

#: Events that tell of a living line, should its LineAppeared have been lost.
INTRODUCING = frozenset(
    {LineAnswered, IvrKeyPressed, CallerJoinedQueue, AgentCalled, DialBegan, BridgeEntered, QueueClosed}
)

#: Extensions that are nobody's number.
_NO_NUMBER = frozenset({"s", "h", "t", "i"})


def appeared(journey: Journey, event: LineAppeared, facts: list[f.Fact]) -> Journey:
    """LineAppeared."""
    if event.uniqueid in journey.lines:
        return _told_more(journey, event)
    line = _line(event, event.incoming, event.at, event.caller_number, event.dialled)
    return _seated(with_line(journey, line), line, event.caller_name, facts)


def _told_more(journey: Journey, event: LineAppeared) -> Journey:
    """The line was known from what it did, which tells less of the caller than its birth does."""
    if journey.household != event.uniqueid or not event.incoming or journey.direction is not Direction.INBOUND:
        return journey
    name, dialled = journey.caller_name or event.caller_name, "" if event.dialled in _NO_NUMBER else event.dialled
    if (name, journey.dialled or dialled) == (journey.caller_name, journey.dialled):
        return journey
    return replace(journey, caller_name=name, dialled=journey.dialled or dialled)


def introduced(journey: Journey, event: OnLine, facts: list[f.Fact]) -> Journey:
    """A line whose birth we did not see does something: take it as it is."""
    if not event.uniqueid or not event.channel:
        return journey
    number = str(getattr(event, "caller_number", "") or getattr(event, "number", ""))
    dialled = "" if isinstance(event, DialBegan) else str(getattr(event, "dialled", ""))
    line = _line(event, not isinstance(event, DialBegan), event.at, number, dialled)
    return _seated(with_line(journey, line), line, "", facts)


def _line(event: OnLine, incoming: bool, born: datetime, number: str, dialled: str) -> Line:
    interface = interface_of(event.channel)
    return Line(
        uniqueid=event.uniqueid,
        channel=event.channel,
        interface=interface,
        is_agent=is_agent_interface(interface),
        is_real=is_real_channel(event.channel),
        incoming=incoming,
        appeared_at=born,
        number=number,
        dialled="" if dialled in _NO_NUMBER else dialled,
    )


def _seated(journey: Journey, line: Line, name: str, facts: list[f.Fact]) -> Journey:
    """Give the new line its part in the call."""
    if not line.is_real:
        return journey
    household = journey.lines.get(journey.household)
    if household is None:
        return _first(journey, line, name, facts)
    if household.is_agent and not line.is_agent:
        return _outsider_joined(journey, household, line, name, facts)
    if journey.begun:
        return journey
    return _begin(replace(journey, begun=True), facts)


def _first(journey: Journey, line: Line, name: str, facts: list[f.Fact]) -> Journey:
    if journey.begun:  # a call-back: the agent's device came first
        return replace(journey, household=line.uniqueid, dialled=journey.dialled or line.number)
    begun = not (line.is_agent and line.incoming)
    direction = Direction.OUTBOUND if not line.incoming else Direction.INBOUND
    journey = replace(
        journey,
        begun=begun,
        household="" if line.is_agent and begun else line.uniqueid,
        direction=Direction.INTERNAL if not begun else direction,
        caller=line.number,
        caller_name=name if line.incoming else "",  # a line that we call shows our own name sooner or later
        dialled=line.dialled,
        started_at=line.appeared_at,
    )
    return _begin(journey, facts) if begun else journey


def _outsider_joined(journey: Journey, agent: Line, line: Line, name: str, facts: list[f.Fact]) -> Journey:
    if journey.begun and journey.direction is not Direction.INTERNAL:
        return journey
    if line.incoming:
        journey = replace(
            journey,
            direction=Direction.INBOUND,
            caller=line.number,
            caller_name=name,
            dialled=line.dialled,
            started_at=line.appeared_at,
        )
    else:
        journey = replace(journey, direction=Direction.OUTBOUND, dialled=agent.dialled)
    return _begin(replace(journey, begun=True, household=line.uniqueid), facts)


def _begin(journey: Journey, facts: list[f.Fact]) -> Journey:
    if journey.started_at is not None:
        facts.append(
            f.JourneyStarted(
                journey.started_at, journey.direction, journey.caller, journey.caller_name, journey.dialled
            )
        )
    return journey


def answered(journey: Journey, event: LineAnswered, facts: list[f.Fact]) -> Journey:
    """LineAnswered."""
    line = journey.lines.get(event.uniqueid)
    if line is None or line.answered_at is not None:
        return journey
    number = line.number if line.incoming else event.number or line.number
    dialled = line.dialled or ("" if event.dialled in _NO_NUMBER else event.dialled)
    journey = with_line(journey, replace(line, answered_at=event.at, number=number, dialled=dialled))
    if journey.household == event.uniqueid:
        facts.append(f.CallAnswered(event.at))
    elif journey.direction is Direction.OUTBOUND and not journey.household and not line.incoming:
        # a call-back shows the household our own number, which the agent's line carries from now on
        return replace(journey, caller=number)
    return journey


def duty_phone_called(journey: Journey, event: DutyPhoneCalled, facts: list[f.Fact]) -> Journey:
    """DutyPhoneCalled: of a call found under way it comes last, so lines that are there are looked at too."""
    journey = replace(journey, duty_called=True)
    for line in tuple(journey.lines.values()):
        if line.is_real and line.uniqueid != journey.household:
            journey = on_duty(journey, event.at, line.uniqueid, facts)
    return refresh(journey, event.at, facts)


def originated(journey: Journey, event: OriginateEnded, facts: list[f.Fact]) -> Journey:
    """OriginateEnded: the numbers of a call-back, as far as nothing told them yet."""
    if event.uniqueid not in journey.lines:
        return journey
    dialled = journey.dialled or (event.dialled if event.dialled.isdigit() else "")
    return replace(journey, caller=journey.caller or event.number, dialled=dialled)


def found(journey: Journey, event: LineFound, facts: list[f.Fact]) -> Journey:
    """LineFound: a live line that we did not know, or knew in another bridge."""
    known, told = journey.lines.get(event.uniqueid), len(facts)
    line = known or _line(event, event.incoming, event.since, event.caller_number, event.dialled)
    up = event.state == STATE_UP
    line = replace(line, bridge=event.bridge, answered_at=line.answered_at or (event.at if up else None))
    if known is None:
        line = replace(line, found_at=event.at)
    journey = with_line(journey, line)
    if known is None:
        journey = _seated(journey, line, event.caller_name, facts)
        if journey.state is CallState.ARRIVING and journey.household == line.uniqueid and up:
            facts.append(f.CallAnswered(event.at))
        if line.is_agent and event.state == STATE_RINGING and line.uniqueid != journey.household:
            journey = began_ringing(journey, event.since, line.uniqueid, line.channel, line.interface, facts)
        if line.is_agent and up and not event.incoming:
            journey = found_answered(journey, event)
    elif up and known.answered_at is None and journey.household == line.uniqueid:
        facts.append(f.CallAnswered(event.at))
    legs = {(leg.line, leg.from_at) for leg in journey.agent_legs}
    journey = refresh(journey, event.at, facts, found=True) if event.settles else journey
    guesses = {leg.from_at for leg in journey.agent_legs if (leg.line, leg.from_at) not in legs}
    guesses |= {event.since} if known is None else set()
    guesses |= {event.at} if len(facts) > told else set()
    return replace(journey, estimates=(*journey.estimates, *sorted(guesses.difference(journey.estimates))))
