"""Who hears whom: agent legs, holds, consultations and transfers, all from who is in which bridge.

After every move of a line, `refresh` compares who is within the caller's hearing with the legs that are open. A pair
of Local halves joins two bridges; when the PBX takes the pair out, the leg goes on without a gap (LinesFused; where
only CEL tells of it, the line is out of every bridge for less than a millisecond).
"""

from datetime import datetime, timedelta

from callcenter.calls import events as e
from callcenter.calls import facts as f
from callcenter.calls.changing import put_at, replace, with_line
from callcenter.calls.journeys import AgentLeg, Consult, Hold, Journey, Line, Transfer
from callcenter.calls.lines import interface_of, number_of, within_hearing
from callcenter.calls.queueing import answered_without_word
from callcenter.calls.rings import picked_up
from callcenter.calls.states import Direction, TransferKind

#: The lines of one list have stamps that rise by a microsecond.
SAME_LIST = timedelta(seconds=1)
#: From one bridge into the next: who hears the caller again so soon has not stopped talking with him.
SAME_MOVE = timedelta(milliseconds=50)
#: AMI and CEL tell of one transfer on lines of different names.
SAME_TRANSFER = timedelta(seconds=1)


def bridge_entered(journey: Journey, event: e.BridgeEntered, facts: list[f.Fact]) -> Journey:
    """BridgeEntered."""
    line = journey.lines.get(event.uniqueid)
    if line is None or line.ended_at is not None or line.bridge == event.bridge:
        return journey
    line = replace(line, bridge=event.bridge)
    journey = picked_up(journey, line.answered_at or event.at, line.uniqueid, facts)  # who hears, rings no more
    return refresh(with_line(journey, line), event.at, facts, mover=line)


def bridge_left(journey: Journey, event: e.BridgeLeft, facts: list[f.Fact]) -> Journey:
    """BridgeLeft: of a bridge in which the line is no more, it means nothing."""
    line = journey.lines.get(event.uniqueid)
    if line is None or line.bridge != event.bridge:
        return journey
    line = replace(line, bridge="")
    return refresh(with_line(journey, line), event.at, facts, mover=line)


def fused(journey: Journey, event: e.LinesFused, facts: list[f.Fact]) -> Journey:
    """LinesFused: the line moves from the near half's bridge into the far half's, in one step."""
    line = journey.lines.get(event.uniqueid)
    halves = [journey.lines.get(event.half_one), journey.lines.get(event.half_two)]
    if line is None or not line.bridge:
        return journey
    far = [half for half in halves if half is not None and half.bridge not in ("", line.bridge)]
    if len(far) != 1:
        return journey
    moved = {line.uniqueid: replace(line, bridge=far[0].bridge)}
    gone = {half.uniqueid: replace(half, bridge="") for half in halves if half is not None}
    journey = replace(journey, lines={**journey.lines, **gone, **moved})
    return refresh(journey, event.at, facts)


def refresh(
    journey: Journey,
    at: datetime,
    facts: list[f.Fact],
    *,
    mover: Line | None = None,
    found: bool = False,
) -> Journey:
    """Open and close legs and consultations so that they fit the bridges. `mover`: the line whose move caused it.

    `found`: the PBX's list showed it; the leg of a line that was not known before counts from the line's birth.
    """
    household = journey.lines.get(journey.household)
    if household is None:
        return journey
    heard = within_hearing(journey.lines, household)
    agents = {line.uniqueid: line for line in heard if line.is_agent}
    open_legs = [leg for leg in journey.agent_legs if leg.to_at is None]
    for leg in open_legs:
        if leg.line not in agents:
            journey = _end_leg(journey, leg, at, facts, None if mover is None else mover is household)
    open_lines = {leg.line for leg in open_legs}
    for line in agents.values():
        if line.uniqueid not in open_lines:
            born = line.appeared_at if found and line.found_at and at - line.found_at < SAME_LIST else at
            journey = _start_leg(journey, line, at, born, facts)
    if open_legs and not agents and household.ended_at is None:
        facts.append(f.LastAgentLeft(at))
    journey = _complete_transfer(journey, at, heard, facts)
    return _consult(journey, at, agents, facts) if journey.agent_legs else journey


def _start_leg(journey: Journey, line: Line, at: datetime, since: datetime, facts: list[f.Fact]) -> Journey:
    journey = picked_up(journey, at, line.uniqueid, facts)
    journey = answered_without_word(journey, at, facts)
    last = next((leg for leg in reversed(journey.agent_legs) if leg.line == line.uniqueid), None)
    if last is not None and last.to_at is not None and timedelta(0) <= at - last.to_at <= SAME_MOVE:
        facts.append(f.AgentLegWentOn(at, line.uniqueid, line.channel, line.interface))
        journey = replace(journey, estimates=tuple(guess for guess in journey.estimates if guess != last.to_at))
        return _put_leg(journey, replace(last, to_at=None, caller_left_first=None))
    facts.append(f.AgentLegStarted(since, line.uniqueid, line.channel, line.interface))
    leg = AgentLeg(line.uniqueid, line.channel, line.interface, since)
    return replace(journey, agent_legs=(*journey.agent_legs, leg))


def _end_leg(
    journey: Journey, leg: AgentLeg, at: datetime, facts: list[f.Fact], caller_left_first: bool | None
) -> Journey:
    if leg.held_since is not None:
        journey, leg = _end_hold(journey, leg, at)
    ended = replace(leg, to_at=at, caller_left_first=caller_left_first)
    times = ended.from_at, ended.talk_seconds, ended.hold_seconds
    facts.append(f.AgentLegEnded(at, leg.line, leg.agent, *times))
    return _put_leg(journey, ended)


def _put_leg(journey: Journey, leg: AgentLeg) -> Journey:
    legs = journey.agent_legs
    for index in range(len(legs) - 1, -1, -1):
        if legs[index].line == leg.line and legs[index].from_at == leg.from_at:
            return replace(journey, agent_legs=put_at(legs, index, leg))
    return journey


# ---- holds ----


def _open_leg(journey: Journey, line: str) -> AgentLeg | None:
    return next((leg for leg in journey.agent_legs if leg.line == line and leg.to_at is None), None)


def held(journey: Journey, event: e.LineHeld, facts: list[f.Fact]) -> Journey:
    """LineHeld: only an agent who is with the caller can put him on hold."""
    leg = _open_leg(journey, event.uniqueid)
    if leg is None or leg.held_since is not None:
        return journey
    facts.append(f.CallHeld(event.at, leg.line, leg.agent))
    journey = replace(journey, holds=(*journey.holds, Hold(leg.agent, event.at)))
    return _put_leg(journey, replace(leg, held_since=event.at))


def resumed(journey: Journey, event: e.LineResumed, facts: list[f.Fact]) -> Journey:
    """LineResumed: one without a hold precedes every blind transfer and means nothing."""
    leg = _open_leg(journey, event.uniqueid)
    if leg is None or leg.held_since is None:
        return journey
    held_seconds = (event.at - leg.held_since).total_seconds()
    facts.append(f.CallResumed(event.at, leg.line, leg.agent, held_seconds))
    journey, leg = _end_hold(journey, leg, event.at)
    return _put_leg(journey, leg)


def _end_hold(journey: Journey, leg: AgentLeg, at: datetime) -> tuple[Journey, AgentLeg]:
    since = leg.held_since or at
    holds = tuple(
        replace(hold, to_at=at) if hold.to_at is None and hold.agent == leg.agent else hold for hold in journey.holds
    )
    seconds = leg.hold_seconds + (at - since).total_seconds()
    return replace(journey, holds=holds), replace(leg, hold_seconds=seconds, held_since=None)


# ---- consultations ----


def _consult(journey: Journey, at: datetime, with_caller: dict[str, Line], facts: list[f.Fact]) -> Journey:
    pair = None if journey.direction is Direction.INTERNAL else _consulting(journey, with_caller)
    last = journey.consults[-1] if journey.consults else None
    if last is not None and last.to_at is None:
        if pair is not None and pair[0].uniqueid == last.line:
            return journey
        journey = end_consult(journey, at, facts)
    if pair is None:
        return journey
    agent, colleague = pair
    consult = Consult(agent.uniqueid, agent.interface, number_of(colleague), at)
    facts.append(f.ConsultStarted(at, consult.line, consult.agent, consult.to))
    return replace(journey, consults=(*journey.consults, consult))


def _consulting(journey: Journey, with_caller: dict[str, Line]) -> tuple[Line, Line] | None:
    """An agent who has served the caller and now hears another real party, but not the caller."""
    for leg in reversed(journey.agent_legs):
        for line in journey.lines.values():
            if line.interface != leg.agent or not line.bridge or line.uniqueid in with_caller:
                continue
            for other in within_hearing(journey.lines, line):
                if other.interface != leg.agent and other.uniqueid != journey.household:
                    return line, other
    return None


def end_consult(journey: Journey, at: datetime, facts: list[f.Fact]) -> Journey:
    """End the consultation that is open, if one is."""
    last = journey.consults[-1] if journey.consults else None
    if last is None or last.to_at is not None:
        return journey
    ended = replace(last, to_at=at)
    facts.append(f.ConsultEnded(at, ended.line, ended.agent, ended.to, ended.seconds))
    return replace(journey, consults=(*journey.consults[:-1], ended))


# ---- transfers ----


def blind_transferred(journey: Journey, event: e.BlindTransferred, facts: list[f.Fact]) -> Journey:
    """BlindTransferred: complete when the target and the caller hear each other."""
    if not event.succeeded:
        return journey
    return _transferred(journey, event, TransferKind.BLIND, event.extension, facts)


def attended_transferred(journey: Journey, event: e.AttendedTransferred, facts: list[f.Fact]) -> Journey:
    """AttendedTransferred."""
    if not event.succeeded:
        return journey
    target = journey.lines.get(event.target_uniqueid)
    to = number_of(target) if target is not None and target.is_real else event.extension
    return _transferred(journey, event, TransferKind.ATTENDED, to, facts)


def _transferred(journey: Journey, event: e.OnLine, kind: TransferKind, to: str, facts: list[f.Fact]) -> Journey:
    by = interface_of(event.channel)
    household = journey.lines.get(journey.household)
    heard = within_hearing(journey.lines, household) if household is not None else []
    completed = any(line.interface != by for line in heard)
    last = journey.transfers[-1] if journey.transfers else None
    if last is not None and (last.kind, last.by) == (kind, by) and abs(event.at - last.at) <= SAME_TRANSFER:
        return replace(journey, transfers=(*journey.transfers[:-1], replace(last, to=last.to or to)))
    facts.append(f.TransferMade(event.at, kind, by, to, completed))
    transfer = Transfer(event.at, kind, by, to, completed)
    return replace(journey, transfers=(*journey.transfers, transfer))


def _complete_transfer(journey: Journey, at: datetime, heard: list[Line], facts: list[f.Fact]) -> Journey:
    last = journey.transfers[-1] if journey.transfers else None
    if last is None or last.completed or all(line.interface == last.by for line in heard):
        return journey
    facts.append(f.TransferCompleted(at, last.to))
    return replace(journey, transfers=(*journey.transfers[:-1], replace(last, completed=True)))


def completed(journey: Journey, event: e.AgentCompleted, facts: list[f.Fact]) -> Journey:
    """AgentCompleted: kept as the last resort for the question who hung up."""
    return replace(journey, complete_reason=event.reason)
