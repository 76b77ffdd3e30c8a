"""What a visit in queue_log adds to the calls of the ledger, as `calls.events`. Pure.

Two uses. Where CEL tells a call, queue_log gives what CEL cannot: the position at joining, the members' names, the
key that a caller left with (`completed`). Where CEL does not tell it, queue_log tells on its own, to the second
(`told_alone`): the times are true, so nothing is marked as an estimate, but for the end of a caller's line after the
agent has hung up, of which queue_log knows only that it came then or soon after.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from callcenter.calls import events as e
from callcenter.telephony.queue_log import SECOND, Connection, LoggedVisit

#: How far a stamp of queue_log and one of another source may lie apart.
SAME_NEWS = timedelta(milliseconds=1500)
_MOMENT = timedelta(microseconds=10)
_STATUS = {
    "EXITWITHTIMEOUT": "TIMEOUT",
    "EXITEMPTY": "LEAVEEMPTY",
    "EXITWITHKEY": "EXITWITHKEY",
    "WITHDRAW": "WITHDRAW",
}


def completed(events: Sequence[e.OnLine], visits: Mapping[str, Sequence[LoggedVisit]]) -> tuple[list[e.OnLine], int]:
    """These events of CEL with what queue_log knows better; and how many of them it made better."""
    better, news = 0, list[e.OnLine]()
    ended = {event.uniqueid: event for event in events if isinstance(event, e.DialEnded)}
    for event in events:
        told = _better(event, visits.get(event.uniqueid, ()), ended)
        better += told is not event
        news.append(told)
        news += _key_of_leaving(event, visits.get(event.uniqueid, ()))
    return news, better + len(news) - len(events)


def _better(event: e.OnLine, visits: Sequence[LoggedVisit], ended: Mapping[str, e.DialEnded]) -> e.OnLine:
    if isinstance(event, e.CallerJoinedQueue):
        position = next((v.position for v in visits if v.queue == event.queue and _same(v.joined_at, event)), 0)
        return event if position in (0, event.position) else replace(event, position=position)
    if isinstance(event, e.AgentCalled):
        name = _member_of(event, visits, ended.get(event.agent_uniqueid))
        return event if name in ("", event.member_name) else replace(event, member_name=name)
    return event


def _member_of(ring: e.AgentCalled, visits: Sequence[LoggedVisit], end: e.DialEnded | None) -> str:
    """The name of the member that rang: by its line if it was answered, else by when the ring ended."""
    here = [visit for visit in visits if visit.queue == ring.queue]
    for visit in here:
        if visit.connection is not None and visit.connection.line == ring.agent_uniqueid:
            return visit.connection.member
    if end is None:
        return ""
    names = {one.member for visit in here for one in visit.rings if _same(one.ended_at, end)}
    return names.pop() if len(names) == 1 else ""


def _key_of_leaving(event: e.OnLine, visits: Sequence[LoggedVisit]) -> list[e.OnLine]:
    if not isinstance(event, e.CallerLeftQueue):
        return []
    keyed = any(v.end == "EXITWITHKEY" and v.left_at is not None and _same(v.left_at, event) for v in visits)
    if not keyed:
        return []
    who = event.pbx, event.at + _MOMENT, event.uniqueid, event.linkedid, event.channel
    return [e.QueueClosed(*who, event.queue, "EXITWITHKEY", False)]


def _same(second: datetime, event: e.OnLine) -> bool:
    return abs(event.at - second) <= SAME_NEWS


# ---- where nothing else tells ----


def told_alone(pbx: str, visits: Iterable[LoggedVisit], *, known: bool) -> list[list[e.OnLine]]:
    """Groups of events in the order of time; the first of a group says whether it is known already.

    `known`: the call is in the ledger, so that its line needs no birth.
    """
    groups: list[list[e.OnLine]] = []
    for visit in visits:
        groups += _visit(pbx, visit, known=known or bool(groups))
    return groups


def _visit(pbx: str, visit: LoggedVisit, *, known: bool) -> list[list[e.OnLine]]:
    at = visit.joined_at + SECOND
    channel = "" if known else f"QueueLog/{visit.line}"
    who = visit.line, visit.line, channel
    joined = e.CallerJoinedQueue(pbx, at, *who, visit.queue, max(visit.position, 1), visit.number)
    groups: list[list[e.OnLine]] = []
    if not known:
        born = at - _MOMENT
        groups.append([e.LineAppeared(pbx, born, *who, True, visit.number, "", "", ""),
                       e.LineAnswered(pbx, born + _MOMENT / 2, *who, visit.number, "")])  # fmt: skip
    groups.append([joined])
    if visit.connection is not None:
        groups.append(_connected(pbx, visit, visit.connection, channel))
        if visit.talk_ended_at is not None and visit.talk_ended_by != "transfer":
            groups.append(_talk_ended(pbx, visit, visit.connection, channel))
    elif visit.left_at is not None:
        groups.append(_left(pbx, visit, channel))
    return groups


def _connected(pbx: str, visit: LoggedVisit, taken: Connection, channel: str) -> list[e.OnLine]:
    at, bridge = taken.at + SECOND, f"queue_log-{taken.line}"
    agent, line = f"PJSIP/{taken.member}", (taken.line, visit.line, f"PJSIP/{taken.member}-00000000")
    who = visit.line, visit.line, channel
    rang = max(at - timedelta(seconds=taken.ring_seconds), visit.joined_at + SECOND + _MOMENT)
    return [
        e.AgentConnected(pbx, at, *who, visit.queue, agent, taken.member, taken.line, line[2]),
        e.AgentCalled(pbx, min(rang, at - _MOMENT), *who, visit.queue, agent, taken.member, taken.line, line[2]),
        e.DialEnded(pbx, at + _MOMENT, *line, "ANSWER"),
        e.BridgeEntered(pbx, at + 2 * _MOMENT, *line, bridge),
        e.BridgeEntered(pbx, at + 3 * _MOMENT, *who, bridge),
    ]


def _talk_ended(pbx: str, visit: LoggedVisit, taken: Connection, channel: str) -> list[e.OnLine]:
    assert visit.talk_ended_at is not None
    at = max(visit.talk_ended_at, taken.at) + SECOND + 4 * _MOMENT
    agent = taken.line, visit.line, f"PJSIP/{taken.member}-00000000"
    who = visit.line, visit.line, channel
    if visit.talk_ended_by == "caller":
        return [
            e.LineEnded(pbx, at + _MOMENT, *who, 16),
            e.HangupAsked(pbx, at, *who, False, 16),
            e.LineEnded(pbx, at + 2 * _MOMENT, *agent, 16),
        ]
    return [
        e.LineEnded(pbx, at + _MOMENT, *agent, 16),
        e.HangupAsked(pbx, at, *agent, False, 16),
        e.LineVanished(pbx, at + 2 * _MOMENT, *who, True),
    ]


def _left(pbx: str, visit: LoggedVisit, channel: str) -> list[e.OnLine]:
    assert visit.left_at is not None
    at = max(visit.left_at, visit.joined_at) + SECOND
    who = visit.line, visit.line, channel
    if visit.end != "ABANDON":
        left = e.CallerLeftQueue(pbx, at, *who, visit.queue)
        return [left, e.QueueClosed(pbx, at + _MOMENT, *who, visit.queue, _STATUS.get(visit.end, ""), False)]
    return [
        e.CallerAbandonedQueue(pbx, at + _MOMENT, *who, visit.queue),
        e.HangupAsked(pbx, at, *who, False, 0),
        e.LineEnded(pbx, at + 2 * _MOMENT, *who, 0),
    ]
