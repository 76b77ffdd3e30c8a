"""Two processes of the service on one PostgreSQL: a desk at the one that does not own the PBX; the owner dies."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from callcenter.cli import starting
from callcenter.phones.happenings import CallState
from tests.browser.conftest import signed_in
from tests.browser.stack import SERVICE_PORT_IN_BLOCK, Stack, newest_journey, start_stack, until, wait_until
from tests.postgres import running_postgres

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.postgresql]
SECOND = "service-2"


@dataclass
class Two:
    """The first process is the stack's own and owns the PBX; `url` is the second one's."""

    stack: Stack
    url: str

    def second_health(self) -> dict[str, Any]:
        try:
            told: dict[str, Any] = httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return told

    def second_sees_an_owner(self, *, itself: bool) -> bool:
        told = self.second_health()
        return bool(told) and bool(told["ready"]) and told["ami"]["owned_here"] is itself


def _start(folder: Any, sounds: Any, url: str) -> Two:
    stack = start_stack(folder / "var", sounds=sounds, database_url=url)
    port = stack.pbx.sip_port + SERVICE_PORT_IN_BLOCK + 1
    env = starting.service_environment(stack.settings)
    stack.background.start(SECOND, "callcenter", "serve", "--port", str(port), env=env)
    two = Two(stack, f"http://127.0.0.1:{port}")
    wait_until("the second process sees the owner", lambda: two.second_sees_an_owner(itself=False), 60)
    return two


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder, sounds = tmp_path_factory.mktemp("two"), tmp_path_factory.mktemp("silence")
    with running_postgres() as url, ThreadPoolExecutor(1) as thread:
        made = thread.submit(_start, folder, sounds, url).result()
        try:
            yield made
        finally:
            made.stack.background.stop(SECOND)
            made.stack.stop()


async def test_a_call_is_shown_answered_and_finished_although_the_owner_dies_in_it(
    two: Two, chromium: Browser
) -> None:
    stack = two.stack
    desk = await signed_in(chromium, two.url, "1001", stack.password("1001"), patience=20_000)
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(stack.call("13899880001", seconds=60))
        call = await telephone.ringing(30)
        await expect(desk.get_by_role("alert")).to_contain_text("来电", timeout=20_000)
        await desk.keyboard.press("F2")  # 接听, by way of the owner
        await call.wait_for(CallState.UP)
        await desk.get_by_text("新工单").wait_for()

        await asyncio.to_thread(stack.kill_service)
        await until("the other process owns the PBX", lambda: two.second_sees_an_owner(itself=True), 30)
        assert two.second_health()["open_journeys"] == 1, "the call goes on"
        await desk.keyboard.press("F9")  # 挂断, now by its own link
        await call.wait_for(CallState.ENDED)
        await calling
    found = await asyncio.to_thread(_journeys, two, "13899880001")
    journey = found[0]
    assert len(found) == 1
    assert (journey["ledger"]["outcome"], journey["ledger"]["hangup_by"]) == ("answered", "agent")
    assert [leg["agent"] for leg in journey["ledger"]["agent_legs"]] == ["PJSIP/1001"]
    await desk.context.close()


def _journeys(two: Two, number: str) -> list[dict[str, Any]]:
    """All journeys of the number once the newest is over, that one in full."""
    with httpx.Client(base_url=two.url, timeout=10, trust_env=False) as client:
        form = {"username": "1004", "password": two.stack.password("1004")}
        client.post("/api/v1/auth/sign-in", json=form).raise_for_status()
        newest: dict[str, Any] = wait_until("the journey is over", lambda: newest_journey(client, number), 30)
        older: list[dict[str, Any]] = client.get("/api/v1/journeys", params={"q": number}).json()["items"][1:]
        return [newest, *older]
