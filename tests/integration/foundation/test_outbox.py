"""Effects that are carried out once, retried, or shown to people."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.foundation import idempotency, outbox
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.errors import Invalid, Refused
from callcenter.foundation.outbox import LEASE, MOST_ATTEMPTS, Effect, OutboxRow, OutboxState, OutboxWorker
from callcenter.foundation.transactions import Ledger


async def put(ledger: Ledger, *keys: str) -> None:
    async with ledger.transaction() as tx:
        for key in keys:
            outbox.put(tx, kind="sms", key=key, payload={"to": key})


async def rows(ledger: Ledger) -> dict[str, OutboxRow]:
    async with ledger.reading() as session:
        return {row.key: row for row in await session.scalars(select(OutboxRow))}


async def test_an_effect_that_did_not_happen_is_tried_again_when_it_asked_for(
    ledger: Ledger, clock: FrozenClock
) -> None:
    tries: list[int] = []

    async def send(effect: Effect) -> None:
        tries.append(effect.attempt)
        if effect.attempt < 3:
            raise outbox.RetryLater("busy", timedelta(minutes=1))

    await put(ledger, "k")
    worker = OutboxWorker(ledger, {"sms": send})
    for _ in range(3):
        await worker.run_once()
        assert await worker.run_once() == 0, "not before its time"
        clock.advance(timedelta(minutes=1))
    assert tries == [1, 2, 3]
    assert (await rows(ledger))["k"].state == OutboxState.DONE


async def test_trying_again_has_an_end(ledger: Ledger, clock: FrozenClock) -> None:
    async def send(effect: Effect) -> None:
        raise outbox.RetryLater("busy, call 13899886021", timedelta(minutes=1))

    await put(ledger, "k")
    worker = OutboxWorker(ledger, {"sms": send})
    for _ in range(MOST_ATTEMPTS + 3):
        await worker.run_once()
        clock.advance(timedelta(minutes=1))
    row = (await rows(ledger))["k"]
    assert (row.state, row.attempts) == (OutboxState.FAILED, MOST_ATTEMPTS)
    assert row.last_error == "busy, call 138****6021"


async def test_one_faulty_effect_does_not_stop_the_others(ledger: Ledger) -> None:
    async def send(effect: Effect) -> None:
        if effect.key == "bad":
            raise RuntimeError("a fault of ours")
        if effect.key == "never":
            raise outbox.GiveUp("no such number")

    await put(ledger, "bad", "never", "good")
    await OutboxWorker(ledger, {"sms": send}).run_once()
    states = {key: row.state for key, row in (await rows(ledger)).items()}
    assert states == {"bad": OutboxState.UNKNOWN, "never": OutboxState.FAILED, "good": OutboxState.DONE}


async def test_an_effect_nobody_can_carry_out_is_shown_to_people(ledger: Ledger) -> None:
    await put(ledger, "k")
    await OutboxWorker(ledger, {}).run_once()
    row = (await rows(ledger))["k"]
    assert (row.state, row.last_error) == (OutboxState.FAILED, "no handler for sms")


async def test_what_a_dead_worker_had_begun_is_taken_over_and_the_handler_is_told(
    ledger: Ledger, clock: FrozenClock
) -> None:
    seen: list[int] = []

    async def dies(effect: Effect) -> None:
        seen.append(effect.attempt)
        raise KeyboardInterrupt

    async def send(effect: Effect) -> None:
        seen.append(effect.attempt)

    await put(ledger, "k")
    with pytest.raises(KeyboardInterrupt):
        await OutboxWorker(ledger, {"sms": dies})._carry_out((await OutboxWorker(ledger, {})._lease())[0])
    second = OutboxWorker(ledger, {"sms": send})
    assert await second.run_once() == 0, "somebody may be at it still"
    clock.advance(LEASE + timedelta(seconds=1))
    assert await second.run_once() == 1
    assert seen == [1, 2]


async def test_a_command_sent_twice_is_carried_out_once(ledger: Ledger) -> None:
    request = {"item": "radiator", "quantity": 1}

    async def carry_out(
        actor: str = "user:1", body: dict[str, object] = request, key: str = "key-12345"
    ) -> str | None:
        async with ledger.transaction() as tx:
            earlier = await idempotency.earlier_result(tx, actor=actor, key=key, request=body)
            if earlier is None:
                idempotency.keep_result(tx, actor=actor, key=key, request=body, result="order:1")
            return earlier

    assert await carry_out() is None
    assert await carry_out() == "order:1"
    assert await carry_out(body={"quantity": 1, "item": "radiator"}) == "order:1", "the order of fields is no matter"
    assert await carry_out(actor="user:2") is None, "keys are each person's own"
    with pytest.raises(Refused, match="idempotency_mismatch"):
        await carry_out(body={**request, "quantity": 2})
    for key in ("", "short", "x" * 81, "key\x0012345"):
        with pytest.raises(Invalid, match="idempotency_key_unusable"):
            await carry_out(key=key)


async def test_only_the_attempt_that_has_the_row_now_notes_its_result(ledger: Ledger, clock: FrozenClock) -> None:
    """A worker that was frozen for longer than its lease on the row comes back when another has tried again."""
    await put(ledger, "k")
    frozen, other = OutboxWorker(ledger, {}), OutboxWorker(ledger, {})
    [first] = await frozen._lease()
    clock.advance(LEASE + timedelta(seconds=1))
    [second] = await other._lease()
    await frozen._settle(first, OutboxState.DONE, None, timedelta())
    assert (await rows(ledger))["k"].state == OutboxState.WAITING
    await other._settle(second, OutboxState.UNKNOWN, "interrupted", timedelta())
    assert (await rows(ledger))["k"].state == OutboxState.UNKNOWN
