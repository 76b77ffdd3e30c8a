"""Service and voice menu are dead and nobody answers: what a household says is kept, and waits on the desk later."""

import asyncio
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from callcenter.phones.place_call import place_call
from tests.browser.conftest import OpenDesk
from tests.browser.stack import Stack, newest_journey, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER = "13899772001"


def _message_task(client: httpx.Client, journey: str) -> dict[str, Any] | None:
    tasks: list[dict[str, Any]] = client.get("/api/v1/tasks").json()["items"]
    return next((task for task in tasks if task["journey_id"] == journey), None)


async def test_a_message_left_while_we_were_dead_is_a_task_to_be_heard(stack: Stack, open_desk: OpenDesk) -> None:
    await asyncio.to_thread(stack.stop_ivr)
    await asyncio.to_thread(stack.kill_service)
    try:
        report = await place_call(stack.plan(CALLER, press="", seconds=6))
        assert report.answered
    finally:
        await asyncio.to_thread(stack.start_service)
        await asyncio.to_thread(stack.start_ivr)
    with stack.client("1004") as supervisor:
        journey = await until("the call is on record", lambda: newest_journey(supervisor, CALLER))
        assert (journey["outcome"], journey["ledger"]["hangup_by"]) == ("voicemail", "caller")
        task = _message_task(supervisor, journey["id"])
        assert task is not None
        assert (task["kind"], task["recording_id"]) == ("voicemail", journey["recording_id"])
        assert task["owner"] is not None
        first = journey["recordings"][0]
        assert (first["id"], first["state"]) == (task["recording_id"], "ready")
        assert first["seconds"] > 1
    page = await open_desk("1002")
    await page.goto(f"{stack.url}/lost-callers")
    row = page.locator(f"#task-{task['id']}")
    await row.get_by_text("听留言").click()
    await expect(row.locator("audio")).to_have_attribute("src", f"/api/v1/recordings/{task['recording_id']}/audio")
    heard = await page.request.get(f"{stack.url}/api/v1/recordings/{task['recording_id']}/audio")
    assert heard.status == 200
    assert (await heard.body()).startswith(b"RIFF")
