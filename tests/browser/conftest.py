"""Real Asterisk, real SIP calls, real service, real Chromium. One stack a worker, one browser context a person."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from callcenter.pbx.install import install
from tests.browser.stack import Stack, start_stack

HERE = Path(__file__).parent
SHOTS = os.environ.get("CALLCENTER_TEST_SHOTS")
"""Folder for a picture of each desk at the end of each test; for people who look."""
OpenDesk = Callable[[str], Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.real_asterisk)
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Without prompts, so that a call is at the menu at once; tests/real_asterisk hears the real ones."""
    install(print)
    folder = tmp_path_factory.mktemp("stack")
    with ThreadPoolExecutor(1) as thread:  # the stack's own loops must not meet the tests' loop
        running = thread.submit(start_stack, folder / "var", sounds=tmp_path_factory.mktemp("silence")).result()
    yield running
    running.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        await browser.close()


async def signed_in(chromium: Browser, url: str, username: str, password: str, *, patience: int = 10_000) -> Page:
    """That person's desk in a browser context of its own. `patience`: milliseconds for whatever is waited for."""
    context = await chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(patience)
    await page.goto(url)
    await page.locator("input[autocomplete=username]").fill(username)
    await page.locator("input[type=password]").fill(password)
    await page.keyboard.press("Enter")
    await page.get_by_text("待我处理").first.wait_for()
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def open_desk(stack: Stack, chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[OpenDesk]:
    """Signs a person in at a browser of her own; everybody is signed out at the end."""
    pages: list[Page] = []

    async def open_one(username: str) -> Page:
        pages.append(await signed_in(chromium, stack.url, username, stack.password(username)))
        return pages[-1]

    yield open_one
    for n, page in enumerate(pages):
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/{request.node.name}-{n}.png")
        await page.request.post(f"{stack.url}/api/v1/auth/sign-out")
        await page.context.close()
    await asyncio.sleep(0)
