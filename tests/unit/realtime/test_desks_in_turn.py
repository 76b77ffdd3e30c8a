"""A desk that waits to be told is told in its turn, however many others a busy hour brings."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any, cast

import pytest

from callcenter.realtime import broadcaster as module
from callcenter.realtime.broadcaster import Broadcaster, Told
from callcenter.realtime.hub import Client, Hub


class Ledger:
    """Reads nothing."""

    async def look(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await work(None)


class Noting(Broadcaster):
    """Notes whose desk was to be told."""

    def __init__(self, hub: Hub) -> None:
        nothing = cast(Any, None)
        super().__init__(cast(Any, Ledger()), hub, nothing, nothing)
        self.told: list[uuid.UUID] = []

    async def _desk(self, session: Any, agent_id: uuid.UUID, *, with_presence: bool) -> list[Told]:
        self.told.append(agent_id)
        return []


async def test_desks_that_wait_go_before_those_that_a_call_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, *brought = agents = [uuid.uuid4() for _ in range(4)]
    coming = iter(brought)

    async def on_journeys(*_: object) -> list[uuid.UUID]:
        return [next(coming)]

    monkeypatch.setattr(module, "_agents_on", on_journeys)
    hub = Hub()
    desks = Noting(hub)
    desks._due.desks = {first: True, second: True}
    with ExitStack() as open_tabs:
        for agent_id in agents:
            open_tabs.enter_context(hub.attached(Client(uuid.uuid4(), "session", agent_id, live=True)))
        for _ in brought:
            desks._due.journeys = {uuid.uuid4(): None}
            await desks._step(desks._due)
        for _ in brought:
            await desks._step(desks._due)
    assert desks.told == agents
    assert not desks._due
