"""Waiting: a caller and a queue."""

from dataclasses import dataclass

from callcenter.calls.events.base import OnLine


@dataclass(frozen=True, slots=True)
class QueueTried(OnLine):
    """The dialplan is about to queue the caller; the queue may refuse. Not seen by the least-rights user."""

    queue: str


@dataclass(frozen=True, slots=True)
class CallerJoinedQueue(OnLine):
    """The caller waits. `position` counts from 1."""

    queue: str
    position: int
    caller_number: str


@dataclass(frozen=True, slots=True)
class CallerLeftQueue(OnLine):
    """The caller waits no more, for whatever reason; never to be counted alone."""

    queue: str


@dataclass(frozen=True, slots=True)
class CallerAbandonedQueue(OnLine):
    """The caller waits no more and was not answered; the PBX says so also after a time limit or a withdrawal."""

    queue: str


@dataclass(frozen=True, slots=True)
class QueueClosed(OnLine):
    """The dialplan's word after the queue: TIMEOUT, JOINEMPTY, LEAVEEMPTY, FULL, WITHDRAW, CONTINUE…

    `refused`: said by UserEvent QueueRefused, so the caller never waited. `queue` may be empty.
    """

    queue: str
    status: str
    refused: bool
