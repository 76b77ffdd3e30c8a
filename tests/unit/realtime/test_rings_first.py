"""Counting for the strip stands back while a telephone rings: that agent's card goes first."""

import asyncio
import uuid
from typing import Any, cast

from callcenter.foundation.clock import SystemClock
from callcenter.foundation.facts import Fact, Recorded
from callcenter.realtime.hub import Hub
from callcenter.realtime.strip_figures import StripFigures

TURNS = 50


class Counted(StripFigures):
    """Counts how often it was to count."""

    def __init__(self) -> None:
        nothing = cast(Any, None)
        super().__init__(nothing, Hub(), nothing)
        self.times, self.counted = 0, asyncio.Event()

    async def tell(self) -> None:
        self.times += 1
        self.counted.set()


def a_call_changed() -> list[Recorded]:
    fact = Fact("call.agent_ringing", "journey:1", {}, actor="pbx")
    return [Recorded(1, uuid.uuid4(), SystemClock().now(), fact)]


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def test_the_count_waits_for_the_cards_and_is_made_then() -> None:
    strip = Counted()
    running = asyncio.create_task(strip.run())
    strip.hold()
    strip.note(a_call_changed())
    await turns()
    assert strip.times == 0
    strip.go_on()
    await turns()
    running.cancel()
    assert strip.times == 1


async def test_a_card_that_never_comes_does_not_silence_the_strip() -> None:
    strip = Counted()
    strip.hold()
    strip.note(a_call_changed())
    running = asyncio.create_task(strip.run())
    await asyncio.wait_for(strip.counted.wait(), 10)
    running.cancel()
