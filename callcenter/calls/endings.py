"""Lines go, and with them the journey: how it ended and who ended it.

An inbound journey is over when the household's line is; any other when all its lines are. The reason is read from who
asked first for the end: a HangupAsked of the far end is a person's, one of the PBX is a command of ours or the
dialplan. AgentCompleted.reason is only asked when nothing else is known, since it names the wrong party after a
Hangup, Redirect or BlindTransfer by AMI.
"""

from datetime import datetime, timedelta

from callcenter.calls import events as e
from callcenter.calls import facts as f
from callcenter.calls.changing import replace, with_line
from callcenter.calls.conversations import end_consult, refresh
from callcenter.calls.journeys import AgentLeg, Journey, Line
from callcenter.calls.queueing import decide_at_end
from callcenter.calls.rings import line_ended, stop_ringing
from callcenter.calls.states import Direction, HangupBy, Outcome, VisitOutcome

#: A wish to hang up and the end of the leg it causes lie closer together than this (0.1 to 2 ms were seen).
SAME_MOMENT = timedelta(milliseconds=500)
UNKNOWN_CAUSE = 0  # what an unbridged caller's own hangup leaves, and what we give to a line that vanished
NO_ANSWER_CAUSE = 19

_BY_LAST_VISIT = {
    VisitOutcome.ABANDONED: Outcome.ABANDONED,
    VisitOutcome.TIMEOUT: Outcome.TIMEOUT,
    VisitOutcome.JOINEMPTY: Outcome.NO_AGENTS,
    VisitOutcome.LEAVEEMPTY: Outcome.NO_AGENTS,
    VisitOutcome.WITHDRAWN: Outcome.CALLBACK_REQUESTED,
}

_BY_REASON = {"agent": HangupBy.AGENT, "caller": HangupBy.CALLER}


def hangup_asked(journey: Journey, event: e.HangupAsked, facts: list[f.Fact]) -> Journey:
    """HangupAsked: only the first wish counts, the others follow from it."""
    line = journey.lines.get(event.uniqueid)
    if line is None or line.asked_at is not None:
        return journey
    return with_line(journey, replace(line, asked_at=event.at, asked_by_pbx=event.by_pbx))


def ended(journey: Journey, event: e.LineEnded, facts: list[f.Fact]) -> Journey:
    """LineEnded."""
    return _gone(journey, event, event.cause, False, facts)


def vanished(journey: Journey, event: e.LineVanished, facts: list[f.Fact]) -> Journey:
    """LineVanished: the line ended while we could not see it."""
    line = journey.lines.get(event.uniqueid)
    if event.estimated and journey.is_open and line is not None and line.ended_at is None:
        journey = replace(journey, estimates=(*journey.estimates, event.at))
    return _gone(journey, event, 0, event.estimated, facts)


def _gone(journey: Journey, event: e.OnLine, cause: int, estimated: bool, facts: list[f.Fact]) -> Journey:
    line = journey.lines.get(event.uniqueid)
    if line is None or line.ended_at is not None:
        return journey
    journey = with_line(journey, replace(line, ended_at=event.at, cause=cause, bridge=""))
    if not journey.is_open:
        return journey
    journey = line_ended(journey, event.at, event.uniqueid, cause, facts)
    journey = refresh(journey, event.at, facts)
    return _finish(journey, event.at, estimated, facts) if _is_over(journey) else journey


def _is_over(journey: Journey) -> bool:
    if not journey.begun:
        return False
    if journey.direction is Direction.INBOUND:
        return journey.lines[journey.household].ended_at is not None
    return all(line.ended_at is not None for line in journey.lines.values() if line.is_real)


def _finish(journey: Journey, at: datetime, estimated: bool, facts: list[f.Fact]) -> Journey:
    journey = end_consult(stop_ringing(journey, at, facts), at, facts)
    journey = decide_at_end(journey, at, facts)
    outcome, hangup_by = outcome_of(journey), hangup_by_of(journey)
    facts.append(f.JourneyEnded(at, outcome, hangup_by, estimated))
    return replace(journey, ended_at=at, estimated=estimated, outcome=outcome, hangup_by=hangup_by)


def spied(journey: Journey, event: e.SpyStarted, facts: list[f.Fact]) -> Journey:
    """SpyStarted: recorded with the call that is heard; the spy's own call is none at all."""
    if event.uniqueid not in journey.lines:
        if sum(line.is_real for line in journey.lines.values()) > 1:
            return journey
        facts.append(f.JourneyDiscarded(event.at))
        return replace(journey, ended_at=event.at)
    facts.append(f.SupervisionStarted(event.at, *_spy_and_agent(event)))
    return journey


def spied_no_more(journey: Journey, event: e.SpyStopped, facts: list[f.Fact]) -> Journey:
    """SpyStopped."""
    if event.uniqueid in journey.lines:
        facts.append(f.SupervisionEnded(event.at, *_spy_and_agent(event)))
    return journey


def _spy_and_agent(event: e.SpyStarted | e.SpyStopped) -> tuple[str, str]:
    return event.spy_channel.rpartition("-")[0], event.channel.rpartition("-")[0]


# ---- how ----


def outcome_of(journey: Journey) -> Outcome:
    """How the contact ended; answered means that an agent and the caller heard each other."""
    if journey.agent_legs:
        return Outcome.ANSWERED
    if journey.voicemail_left:
        return Outcome.VOICEMAIL
    if journey.callback_asked:
        return Outcome.CALLBACK_REQUESTED
    household = journey.lines.get(journey.household)
    last_visit = _last_visit(journey)
    if last_visit in _BY_LAST_VISIT:
        return _BY_LAST_VISIT[last_visit]
    if household is None or journey.direction is not Direction.INBOUND:
        return _outcome_of_our_call(journey)
    return _outcome_without_queue(journey, household)


def _last_visit(journey: Journey) -> VisitOutcome | None:
    return journey.queue_visits[-1].outcome if journey.queue_visits else None


def _outcome_of_our_call(journey: Journey) -> Outcome:
    lines = journey.lines.values()
    unanswered = any(line.dial_status == "NOANSWER" or line.cause == NO_ANSWER_CAUSE for line in lines)
    return Outcome.TIMEOUT if unanswered else Outcome.FAILED


def _outcome_without_queue(journey: Journey, household: Line) -> Outcome:
    by_caller = _caller_hung_up(household)
    if _last_visit(journey) is VisitOutcome.ANSWERED:  # somebody picked up, yet they never heard each other
        return Outcome.ABANDONED if by_caller else Outcome.FAILED
    if journey.attempts:
        return Outcome.ABANDONED if by_caller else Outcome.NO_AGENTS
    if journey.recordings and not journey.queue_visits:
        # Recording begins right before Queue(): the queue refused, and the word for it was filtered out.
        return Outcome.NO_AGENTS
    if household.answered_at is None:
        return Outcome.FAILED
    return Outcome.IVR_HANGUP if by_caller else Outcome.IVR_DONE


def _caller_hung_up(household: Line) -> bool:
    if household.asked_at is not None:
        return not household.asked_by_pbx
    return household.cause == UNKNOWN_CAUSE


# ---- by whom ----


def hangup_by_of(journey: Journey) -> HangupBy:
    """Who ended the conversation if there was one, else who ended the waiting for it."""
    household = journey.lines.get(journey.household)
    if household is None:
        return HangupBy.SYSTEM
    leg = max(journey.agent_legs, key=lambda leg: leg.to_at or leg.from_at, default=None)
    if leg is not None and leg.to_at is not None and _was_last(journey, leg, leg.to_at):
        return _end_of_talk(journey, household, leg, leg.to_at)
    return HangupBy.CALLER if _caller_hung_up(household) else HangupBy.SYSTEM


def _was_last(journey: Journey, leg: AgentLeg, left_at: datetime) -> bool:
    """True if nothing was tried for the caller after this leg, short of a transfer."""
    return not any(visit.joined_at > left_at for visit in journey.queue_visits)


def _end_of_talk(journey: Journey, household: Line, leg: AgentLeg, left_at: datetime) -> HangupBy:
    if any(t.by == leg.agent and t.at >= leg.from_at for t in journey.transfers):
        return HangupBy.CALLER if _caller_hung_up(household) else HangupBy.TRANSFER
    agent_at = _asked(journey.lines.get(leg.line), left_at)
    caller_at = _asked(household, left_at)
    if agent_at is not None and (caller_at is None or agent_at <= caller_at):
        return HangupBy.AGENT
    if caller_at is not None:
        return HangupBy.SYSTEM if household.asked_by_pbx else HangupBy.CALLER
    return _end_of_talk_by_traces(journey, household, leg)


def _asked(line: Line | None, left_at: datetime) -> datetime | None:
    """When this line's end was asked for, if that ended the leg. The dialplan's own hangup comes right after it."""
    slack = timedelta(0) if line is None or line.asked_by_pbx else SAME_MOMENT
    if line is None or line.asked_at is None or line.asked_at > left_at + slack:
        return None
    return line.asked_at


def _end_of_talk_by_traces(journey: Journey, household: Line, leg: AgentLeg) -> HangupBy:
    """Nobody asked (a Hangup by AMI asks nobody), or it was not seen: who left the bridge first, then the queue.

    Our Hangup on the agent's line is the agent's button; on the household's line it is an act of the system.
    """
    if leg.caller_left_first is None:
        return _BY_REASON.get(journey.complete_reason, HangupBy.CALLER)
    if not leg.caller_left_first:
        return HangupBy.AGENT
    return HangupBy.CALLER if household.asked_at and not household.asked_by_pbx else HangupBy.SYSTEM
