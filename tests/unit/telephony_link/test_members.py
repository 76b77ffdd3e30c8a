"""The loop that makes the PBX's queues agree stops when it is told to, whatever comes at the same moment."""

import asyncio

import pytest

from callcenter.foundation.outbox import OutboxWorker
from callcenter.telephony.members import MemberKeeper


@pytest.mark.parametrize("turns", range(6))
async def test_a_change_in_the_moment_of_the_end_does_not_keep_the_members_loop_alive(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = MemberKeeper(None)  # type: ignore[arg-type]

    async def keep(*_: object) -> None:
        return

    monkeypatch.setattr(keeper, "keep", keep)
    loop = asyncio.create_task(keeper.run(None))  # type: ignore[arg-type]
    for _ in range(3):
        await asyncio.sleep(0)
    keeper.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    loop.cancel()
    done, _pending = await asyncio.wait({loop}, timeout=2)
    loop.cancel()
    assert done == {loop}


@pytest.mark.parametrize("turns", range(6))
async def test_nor_does_it_keep_the_outbox_alive(turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = OutboxWorker(None, {}, idle_seconds=60)  # type: ignore[arg-type]

    async def nothing() -> int:
        return 0

    monkeypatch.setattr(worker, "run_once", nothing)
    loop = asyncio.create_task(worker.run())
    for _ in range(3):
        await asyncio.sleep(0)
    worker.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    loop.cancel()
    done, _pending = await asyncio.wait({loop}, timeout=2)
    loop.cancel()
    assert done == {loop}
