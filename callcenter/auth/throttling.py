"""Brake on guessing passwords: counts failures per name and per address over a quarter of an hour."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from callcenter.auth.models import SignInFailure
from callcenter.foundation.errors import TooMany
from callcenter.foundation.ids import new_id
from callcenter.foundation.transactions import Transaction

WINDOW = timedelta(minutes=15)
MOST_PER_NAME = 5
MOST_PER_ORIGIN = 40  # many agents share one office address
FIRST_WAIT = timedelta(seconds=30)


def wait_after(failures: list[datetime], most: int, now: datetime) -> timedelta:
    """How long to wait still, given the times of failures in the window; doubles with each beyond `most`."""
    if len(failures) < most:
        return timedelta()
    doublings = min(len(failures) - most, 10)  # far beyond the window already; more would overflow
    wait = min(FIRST_WAIT * (1 << doublings), WINDOW)
    return max(timedelta(), max(failures) + wait - now)


async def check(tx: Transaction, *, username: str, origin: str) -> None:
    """`TooMany` while this name or address has to wait."""
    limits = ((f"name:{username}", MOST_PER_NAME), (f"origin:{origin}", MOST_PER_ORIGIN))
    for key, most in limits:
        times = list(
            await tx.session.scalars(
                select(SignInFailure.at).where(SignInFailure.key == key, SignInFailure.at > tx.now - WINDOW)
            )
        )
        left = wait_after(times, most, tx.now)
        if left:
            raise TooMany("too_many_attempts", retry_after_seconds=int(left.total_seconds()) + 1)


def note_attempt(tx: Transaction, *, username: str, origin: str) -> list[uuid.UUID]:
    """Count an attempt as a failure before its password is looked at, so that guesses side by side count too."""
    rows = [SignInFailure(id=new_id(), key=key, at=tx.now) for key in (f"name:{username}", f"origin:{origin}")]
    tx.session.add_all(rows)
    return [row.id for row in rows]


async def forget(tx: Transaction, *, username: str, attempt: list[uuid.UUID]) -> None:
    """A right password clears its name and its own attempt; old rows of all names go with it."""
    await tx.session.execute(delete(SignInFailure).where(SignInFailure.id.in_(attempt)))
    await tx.session.execute(delete(SignInFailure).where(SignInFailure.key == f"name:{username}"))
    await tx.session.execute(delete(SignInFailure).where(SignInFailure.at < tx.now - WINDOW))
