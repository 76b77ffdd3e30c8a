"""Small moves on a frozen journey that several parts of the machine share."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from callcenter.calls.journeys import Journey, Line, QueueVisit

T = TypeVar("T")


def replace(old: T, **changes: Any) -> T:
    """As dataclasses.replace, for frozen classes with slots and plain fields: four times as fast.

    Every event copies a journey, and dataclasses.replace was 60 % of the machine's time. Raises KeyError for a name
    that is no field.
    """
    cls: Any = type(old)
    read, write, slots = _plan(cls)
    new: T = object.__new__(cls)
    for put, value in zip(write, read(old), strict=True):
        put(new, value)
    for name, value in changes.items():
        slots[name](new, value)
    return new


@cache
def _plan(cls: Any) -> tuple[Callable[[Any], tuple[Any, ...]], list[Callable[..., None]], dict[str, Any]]:
    names = [field.name for field in fields(cls)]
    slots = {name: getattr(cls, name).__set__ for name in names}
    return attrgetter(*names), list(slots.values()), slots


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
