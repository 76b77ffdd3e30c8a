"""Journeys and recordings as JSON."""

import uuid
from typing import Any

from pydantic import Field

from callcenter.customers.schemas import IsoTime, NamedOut, NumberOut
from callcenter.foundation.web import In, Out


class AgentOut(Out):
    number: str
    name: str


class JourneyListRow(Out):
    id: uuid.UUID
    started_at: IsoTime
    ended_at: IsoTime | None
    direction: str
    number: NumberOut
    customer: NamedOut | None
    outcome: str | None
    state: str
    queue: str | None
    waited_seconds: float
    talk_seconds: float
    hold_seconds: float
    estimated: bool
    """Some of its times are guesses; which ones, the journey's `ledger.estimated` names."""
    agents: list[AgentOut]
    order_id: uuid.UUID | None
    disposition: str | None
    recording_id: str | None


class JourneyPage(Out):
    items: list[JourneyListRow]
    next_cursor: str | None


class RecordingOut(Out):
    id: str
    started_at: IsoTime
    seconds: float | None
    state: str


class JourneyDetail(JourneyListRow):
    note: str | None
    ledger: dict[str, Any]
    """As `callcenter replay --json`, numbers masked; and `estimated`, the names of the times that are guesses."""
    recordings: list[RecordingOut]


class DispositionIn(In):
    code: str = Field(max_length=40)
    note: str | None = Field(default=None, max_length=500)


class SavedAt(Out):
    saved_at: IsoTime


class CustomerChoice(In):
    customer_id: uuid.UUID


class Revealed(Out):
    number: str
