"""Small moves on a frozen journey that several parts of the machine share."""

from dataclasses import replace
from typing import Any, TypeVar

from callcenter.calls.journeys import Journey, Line, QueueVisit

T = TypeVar("T")


def with_line(journey: Journey, line: Line, **changes: Any) -> Journey:
    """The journey with this line put in, and other fields changed."""
    return replace(journey, lines={**journey.lines, line.uniqueid: line}, **changes)


def put_at(items: tuple[T, ...], index: int, item: T) -> tuple[T, ...]:
    """The tuple with one item exchanged; `index` counts from 0."""
    return (*items[:index], item, *items[index + 1 :])


def undecided_visit(journey: Journey) -> QueueVisit | None:
    """The last queue visit, if how it ended is not known yet."""
    visits = journey.queue_visits
    return visits[-1] if visits and visits[-1].outcome is None else None
