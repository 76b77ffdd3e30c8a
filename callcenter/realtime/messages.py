"""Every message between service and browser, typed. `type` tells them apart; changes carry `position`."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from callcenter.calls.schemas import AgentOut
from callcenter.customers.schemas import IsoTime, NamedOut, NumberOut
from callcenter.foundation.web import Out


class Step(Out):
    node: str
    key: str


class CallerOut(Out):
    """Whose call it is. `name` is what the network showed: somebody else's words."""

    number: NumberOut
    name: str | None
    customer: dict[str, Any] | None
    candidates: list[NamedOut]


class Reason(Out):
    order_id: str
    text_key: str
    params: dict[str, Any]


class PopOut(Out):
    id: uuid.UUID
    journey_id: uuid.UUID
    ringing_at: IsoTime
    ring_seconds: int
    queue: str
    caller: CallerOut
    steps: list[Step]
    queued_at: IsoTime | None
    waited_seconds: float
    calls_today: int
    reason: Reason | None


class EndedOut(Out):
    at: IsoTime
    by: str | None
    talk_seconds: float
    hold_seconds: float


class CallOut(Out):
    journey_id: uuid.UUID
    state: Literal["talking", "hold", "ended"]
    direction: str
    answered_at: IsoTime | None
    queue: str | None
    waited_seconds: float
    steps: list[Step]
    caller: CallerOut
    recording: bool
    draft: dict[str, Any] | None
    draft_saved_at: IsoTime | None
    ended: EndedOut | None
    order: dict[str, Any] | None
    disposition: str | None


class ServiceLevel(Out):
    within_seconds: int
    good: int
    of: int


class SharedFigures(Out):
    waiting: int
    longest_wait_since: IsoTime | None
    ready: int
    signed_in: int
    answered_today: int
    abandoned_today: int
    service_level: ServiceLevel


class FiguresOut(SharedFigures):
    """Whole in the snapshot; a `figures` message carries the shared ones, or the agent's own, whichever changed."""

    my_answered_today: int
    my_orders_today: int
    my_handle_seconds: float | None


class CodeOut(Out):
    code: str
    label_key: str


class LineOut(Out):
    number: str
    name: str


class DeskOut(Out):
    position: int
    as_of: IsoTime
    line: LineOut
    seat: AgentOut
    presence: dict[str, Any]
    pop: PopOut | None
    call: CallOut | None
    tasks: list[dict[str, Any]]
    figures: FiguresOut
    dispositions: list[CodeOut]
    pause_reasons: list[CodeOut]


class Frame(BaseModel):
    """Base of what a browser sends: an unknown field makes it a bad message."""

    model_config = ConfigDict(extra="forbid")


class Hello(Frame):
    type: Literal["hello"]
    since: int | None = None
    tab: str = Field(default="", max_length=64)


class PopSeen(Frame):
    type: Literal["pop_seen"]
    pop_id: uuid.UUID


class Alive(Frame):
    type: Literal["alive"]


FromBrowser = Annotated[Hello | PopSeen | Alive, Field(discriminator="type")]
from_browser: TypeAdapter[Hello | PopSeen | Alive] = TypeAdapter(FromBrowser)
