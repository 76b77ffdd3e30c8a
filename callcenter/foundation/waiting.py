"""Waiting for what must not be broken off half-way."""

import asyncio
from typing import TypeVar

T = TypeVar("T")


async def to_its_end(running: asyncio.Future[T]) -> T:
    """The result; a cancellation of the one who waits is heeded when `running` has ended.

    Half a transaction would be left to chance, and a whole one must not look like none.
    """
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not running.cancelled():
            running.exception()  # looked at, so that nobody complains
        raise cancelled
    return running.result()
