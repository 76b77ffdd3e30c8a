"""A supervisor watches the system: a PBX that stops is a fault with a sentence, and well again when it is back."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from callcenter.cli import starting
from callcenter.cli.addresses import pbx_home
from callcenter.pbx import instance
from tests.browser.conftest import SHOTS, OpenDesk
from tests.browser.stack import Stack, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _part(page: Page, name: str, level: str) -> str:
    return f"[data-part={name}][data-level={level}]"


async def _shoot(page: Page, name: str) -> None:
    """For people who look: both sizes, three languages."""
    if not SHOTS:
        return
    for width, height in ((1366, 768), (1920, 1080)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"))
    await page.set_viewport_size({"width": 1366, "height": 768})


def _stop_pbx(stack: Stack) -> None:
    instance.stop(pbx_home(stack.settings))


def _start_pbx(stack: Stack) -> None:
    starting.start_pbx(stack.settings, demo=True)


async def test_a_pbx_that_stops_is_seen_and_seen_to_be_back(stack: Stack, open_desk: OpenDesk) -> None:
    page = await open_desk("1004")
    await page.get_by_role("link", name="状况").click()
    await page.wait_for_url("**/health")
    for name in ("pbx", "link", "menu", "database", "outbox", "timers"):
        await page.locator(_part(page, name, "good")).wait_for()
    await _shoot(page, "health-good")
    await asyncio.to_thread(_stop_pbx, stack)
    try:
        await page.locator(_part(page, "pbx", "bad")).wait_for()
        await expect(page.locator("[data-part=pbx]")).to_contain_text("已停止，打不进也打不出")
        await expect(page.locator("[data-part=link]")).to_contain_text("启动交换机后 2 秒内自动连上")
        await expect(page.locator("[data-part=all]")).to_contain_text("有部分不工作")
        await _shoot(page, "health-fault")
    finally:
        await asyncio.to_thread(_start_pbx, stack)
    await page.locator(_part(page, "pbx", "good")).wait_for(timeout=20_000)
    await page.locator(_part(page, "link", "good")).wait_for()
    with stack.client("1004") as supervisor:
        told = supervisor.get("/api/v1/health").json()
    assert {one["name"] for one in told["parts"]} >= {"pbx", "link", "lag", "clock", "sweep", "repairs", "recordings"}
    assert told["owner"], "the process that owns the link is named"
    for locale, title in (("ug", "سىستېما ھالىتى"), ("en", "State of the system")):
        await page.evaluate("name => localStorage.setItem('callcenter.locale', name)", locale)
        await page.reload()
        await page.get_by_role("heading", name=title).wait_for()
        await page.locator(_part(page, "pbx", "good")).wait_for()
        await _shoot(page, f"health-{locale}")
    await page.evaluate("localStorage.setItem('callcenter.locale', 'zh-CN')")


async def test_a_service_that_is_gone_leaves_the_last_state_and_says_so(stack: Stack, open_desk: OpenDesk) -> None:
    page = await open_desk("1004")
    await page.goto(f"{stack.url}/health")
    await page.locator(_part(page, "pbx", "good")).wait_for()
    await asyncio.to_thread(stack.kill_service)
    try:
        await expect(page.get_by_role("alert")).to_contain_text("服务没有回答")
        assert await page.locator("[data-part=pbx]").count() == 1, "what was known stays"
        await _shoot(page, "health-stale")
    finally:
        await asyncio.to_thread(stack.start_service)
    await until("the service lives", lambda: stack.background.running("service"))
    await expect(page.get_by_role("alert")).to_have_count(0, timeout=15_000)


async def test_an_agent_has_no_such_page(stack: Stack, open_desk: OpenDesk) -> None:
    page = await open_desk("1001")
    assert await page.get_by_role("link", name="状况").count() == 0
    await page.goto(f"{stack.url}/health")
    await page.wait_for_url("**/calls")
    with stack.client("1001") as agent:
        assert agent.get("/api/v1/health").status_code == 403
