"""Calls that begin and end while nobody listens are put on record from the PBX's CEL file, and nobody is lost."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from callcenter.calls.models import JourneyRow
from callcenter.cli.machine import open_ledger
from callcenter.phones.place_call import place_call
from tests.browser.conftest import OpenDesk
from tests.browser.stack import Stack, Telephone, newest_journey, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANSWERED, ABANDONED, IN_MENU, SEEN, CUT_OFF = (f"1389977100{n}" for n in range(1, 6))


async def _is_served(stack: Stack, telephone: Telephone, number: str) -> None:
    calling = asyncio.create_task(stack.call(number, press="2", seconds=30))
    call = await telephone.ringing()
    await call.answer()
    await until("both hear one another", lambda: call.media.packets_in > 10)
    await call.hang_up()
    await calling


async def _gives_up_in_the_queue(stack: Stack, telephone: Telephone, number: str) -> None:
    calling = asyncio.create_task(place_call(stack.plan(number, seconds=4)))
    await telephone.ringing()
    await calling


async def _gives_up_in_the_menu(stack: Stack, number: str) -> None:
    report = await place_call(stack.plan(number, press="", seconds=1.5))
    assert report.answered


def _journeys(client: httpx.Client, number: str) -> list[dict[str, Any]]:
    return [client.get(f"/api/v1/journeys/{row['id']}").json()["ledger"] for row in _found(client, number)]


def _found(client: httpx.Client, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/journeys", params={"q": number}).json()["items"]
    return found


def _owned_tasks(client: httpx.Client, number: str) -> list[bool]:
    ids = {row["id"] for row in _found(client, number)}
    tasks = client.get("/api/v1/tasks").json()["items"]
    return [task["owner"] is not None for task in tasks if task["journey_id"] in ids]


async def _estimated(stack: Stack) -> set[str]:
    """Those of this test's calls whose end is a guess."""
    ledger = open_ledger(stack.settings)
    try:
        async with ledger.reading() as session:
            rows = await session.scalars(select(JourneyRow.caller).where(JourneyRow.estimated))
            return set(rows) & {ANSWERED, ABANDONED, IN_MENU, SEEN, CUT_OFF}
    finally:
        await ledger.database.close()


async def test_calls_that_came_and_went_while_the_service_was_dead_are_on_record(
    stack: Stack, open_desk: OpenDesk
) -> None:
    await open_desk("1001")
    async with stack.telephone("1001") as telephone:
        # One call is seen to begin, and ends in the gap.
        calling = asyncio.create_task(stack.call(SEEN, seconds=4))
        await telephone.ringing()
        with stack.client("1004") as supervisor:
            await until("the service knows the caller", lambda: _found(supervisor, SEEN))
        await asyncio.to_thread(stack.kill_service)
        await calling
        await _gives_up_in_the_queue(stack, telephone, ABANDONED)
        await _gives_up_in_the_menu(stack, IN_MENU)
        await _is_served(stack, telephone, ANSWERED)  # last: the queue spares the agent for a while after it
    for _ in range(2):  # the second start finds nothing new
        await asyncio.to_thread(stack.start_service)
        with stack.client("1004") as supervisor:
            await until("the last caller is on record", lambda: newest_journey(supervisor, ANSWERED))
            [served] = _journeys(supervisor, ANSWERED)
            [abandoned] = _journeys(supervisor, ABANDONED)
            [in_menu] = _journeys(supervisor, IN_MENU)
            [seen] = _journeys(supervisor, SEEN)
            tasks = {n: _owned_tasks(supervisor, n) for n in (ANSWERED, ABANDONED, IN_MENU, SEEN)}
        assert (served["outcome"], served["hangup_by"]) == ("answered", "agent")
        assert served["ivr_steps"] == [{"node": "main_menu", "key": "2"}]
        assert [(a["agent"], a["outcome"]) for a in served["attempts"]] == [("PJSIP/1001", "answered")]
        assert [leg["agent"] for leg in served["agent_legs"]] == ["PJSIP/1001"]
        assert served["agent_legs"][0]["talk_seconds"] > 0
        for lost in (abandoned, seen):
            assert (lost["outcome"], lost["hangup_by"]) == ("abandoned", "caller")
            assert lost["ivr_steps"] == [{"node": "main_menu", "key": "1"}]
            assert [(v["queue"], v["outcome"]) for v in lost["queue_visits"]] == [("hotline-zh", "abandoned")]
            assert [(a["agent"], a["outcome"]) for a in lost["attempts"]] == [("PJSIP/1001", "cancelled")]
        assert (in_menu["outcome"], in_menu["hangup_by"], in_menu["queue_visits"]) == ("ivr_hangup", "caller", [])
        assert await _estimated(stack) == set()
        assert tasks == {ANSWERED: [], ABANDONED: [True], IN_MENU: [True], SEEN: [True]}
        await asyncio.to_thread(stack.kill_service)
    await asyncio.to_thread(stack.start_service)
