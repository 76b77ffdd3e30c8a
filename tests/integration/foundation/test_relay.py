"""Commands to the process that has a duty: carried out once, refused clearly, or said to be unknown."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.foundation import relay as relay_module
from callcenter.foundation.bus import LocalBus
from callcenter.foundation.lease_keeper import LeaseKeeper
from callcenter.foundation.relay import CommandState, Outcome, Relay, RelayedCommand
from callcenter.foundation.transactions import Ledger
from tests.integration.conftest import until

DUTY = "pbx:a"


class Owner:
    """The holder of the duty; `carried` is what it has done. Its answers are in `answers`."""

    def __init__(self, ledger: Ledger, bus: LocalBus) -> None:
        self.ledger = ledger
        self.keeper = LeaseKeeper(ledger, "owner")
        self.lease = self.keeper.lease(DUTY)
        self.relay = Relay(ledger, bus, self.lease)
        self.carried: list[tuple[str, dict[str, Any]]] = []
        self.answer: Outcome | Exception = Outcome(CommandState.DONE)
        self.slow = asyncio.Event()
        self.slow.set()
        self.job: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.keeper.turn()
        self.job = asyncio.create_task(self.relay.run(self._carry))

    async def _carry(self, name: str, data: dict[str, Any]) -> Outcome:
        self.carried.append((name, data))
        await self.slow.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Office:
    def __init__(self, ledger: Ledger) -> None:
        ends: list[LocalBus] = []
        self.ledger = ledger
        buses = [LocalBus(ends), LocalBus(ends)]
        self.owner = Owner(ledger, buses[0])
        self.asker = Relay(ledger, buses[1], LeaseKeeper(ledger, "asker").lease(DUTY))
        self._jobs = [asyncio.create_task(bus.run()) for bus in buses]

    async def states(self) -> list[str]:
        async with self.ledger.reading() as session:
            return list(await session.scalars(select(RelayedCommand.state)))

    async def stop(self) -> None:
        jobs = [*self._jobs, *([self.owner.job] if self.owner.job else [])]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)


@pytest.fixture
async def office(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(relay_module, "WAIT_SECONDS", 2.0)
    monkeypatch.setattr(relay_module, "BEGUN_SECONDS", 2.5)
    monkeypatch.setattr(relay_module, "LOOK_SECONDS", 0.05)
    made = Office(ledger)
    yield made
    await made.stop()


async def test_it_is_carried_out_once_and_the_asker_is_told(office: Office) -> None:
    await office.owner.start()
    asked = [office.asker.ask("hang_up", {"channel": f"PJSIP/{n}"}) for n in range(5)]
    outcomes = await asyncio.gather(*asked)
    assert {outcome.state for outcome in outcomes} == {CommandState.DONE}
    assert sorted(data["channel"] for _, data in office.owner.carried) == [f"PJSIP/{n}" for n in range(5)]


@pytest.mark.parametrize("answer", [Outcome(CommandState.REFUSED, "no link"), Outcome(CommandState.UNKNOWN, "?")])
async def test_what_the_owner_says_of_it_arrives(office: Office, answer: Outcome) -> None:
    office.owner.answer = answer
    await office.owner.start()
    assert await office.asker.ask("hang_up", {}) == answer


async def test_a_fault_half_way_is_an_unknown_outcome_and_the_next_is_carried_out(office: Office) -> None:
    office.owner.answer = RuntimeError("a fault of ours")
    await office.owner.start()
    assert (await office.asker.ask("hang_up", {})).state is CommandState.UNKNOWN
    office.owner.answer = Outcome(CommandState.DONE)
    assert (await office.asker.ask("hang_up", {})).state is CommandState.DONE


async def test_without_an_owner_it_is_taken_back_and_never_carried_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "WAIT_SECONDS", 0.1)
    assert (await office.asker.ask("hang_up", {})).state is CommandState.REFUSED
    await office.owner.start()
    monkeypatch.setattr(relay_module, "WAIT_SECONDS", 60.0)
    assert (await office.asker.ask("answer", {})).state is CommandState.DONE
    assert [name for name, _ in office.owner.carried] == ["answer"]


async def test_what_has_begun_cannot_be_taken_back_its_outcome_is_unknown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "WAIT_SECONDS", 0.4)
    monkeypatch.setattr(relay_module, "BEGUN_SECONDS", 0.6)
    office.owner.slow.clear()
    await office.owner.start()
    assert (await office.asker.ask("hang_up", {})).state is CommandState.UNKNOWN
    assert await office.states() == [CommandState.BEGUN]
    office.owner.slow.set()


async def test_an_asker_that_died_is_not_obeyed_later(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = asyncio.create_task(office.asker.ask("hang_up", {}))
    await until(office.states, "it was asked")
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    monkeypatch.setattr(relay_module, "WAIT_SECONDS", -1.0)  # so long ago
    await office.owner.keeper.turn()
    assert await office.owner.relay._begin() is None
    assert await office.states() == [CommandState.REFUSED]


async def test_an_owner_that_has_lost_the_duty_begins_nothing(office: Office) -> None:
    await office.owner.keeper.turn()
    epoch = office.owner.lease.epoch
    await office.owner.keeper.give_back()
    office.owner.lease.taken(epoch, 0.0)  # it does not know yet
    next_one = LeaseKeeper(office.ledger, "next")
    lease = next_one.lease(DUTY)
    await next_one.turn()
    assert lease.is_ours
    office.owner.job = asyncio.create_task(office.owner.relay.run(office.owner._carry))
    asking = asyncio.create_task(office.asker.ask("hang_up", {}))
    await asyncio.wait_for(office.owner.job, 10)
    assert office.owner.carried == []
    assert await office.states() == [CommandState.WAITING]
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
