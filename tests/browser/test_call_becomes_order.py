"""The whole path: a household dials, one agent's screen pops, the call becomes an order with receipt."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from callcenter.phones.happenings import CallState
from tests.browser.conftest import OpenDesk
from tests.browser.stack import Stack, newest_journey, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOUSEHOLD = "13899886021"


async def fill_order(page: Page) -> None:
    item = page.get_by_role("combobox", name="服务项目")
    await item.fill("擦玻璃")
    await page.get_by_role("option").first.wait_for()
    await item.press("Enter")
    address = page.get_by_label("地址", exact=True)
    await address.fill("天山区团结路街道团结社区 5 号楼 2 单元 301")
    await address.press("Tab")
    wanted = page.get_by_label("上门时间", exact=True)
    await wanted.fill("明天下午三点")
    await wanted.press("Tab")
    await page.get_by_label("备注", exact=True).fill("家里有老人")
    await page.get_by_text("已读价").click()


async def test_a_households_call_becomes_a_work_order(stack: Stack, open_desk: OpenDesk) -> None:
    gulnar, liwei = await open_desk("1001"), await open_desk("1002")
    await liwei.request.put(f"{stack.url}/api/v1/desk/presence", data={"state": "paused", "reason": "training"})
    await expect(liwei.get_by_text("示忙").first).to_be_visible()
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(stack.call(HOUSEHOLD, seconds=40))
        await gulnar.get_by_role("alert").wait_for(timeout=15_000)

        # Only the ringing agent's page shows the household, with what was pressed and what is open.
        await expect(gulnar.get_by_role("alert")).to_contain_text("王秀兰")
        body = gulnar.locator("body")
        await expect(body).to_contain_text("138****6021")
        await expect(body).to_contain_text("1 预约服务")
        await expect(body).to_contain_text("暖气片放气")
        await expect(body).not_to_contain_text("13899886021")
        assert await liwei.get_by_role("alert").count() == 0
        await expect(liwei.locator("body")).not_to_contain_text("王秀兰")

        await gulnar.keyboard.press("F2")  # the desk telephone answers by NOTIFY
        call = await telephone.ringing()
        await call.wait_for(CallState.UP)
        await gulnar.get_by_text("新工单").wait_for()

        await fill_order(gulnar)
        await expect(gulnar.get_by_text("还差")).to_have_count(0)
        await gulnar.keyboard.press("Control+Enter")
        saved = gulnar.get_by_label("工单已建")
        await expect(saved).to_contain_text("待派单")
        await expect(saved).to_contain_text("短信已发")

        await call.hold()
        await asyncio.sleep(0.6)  # how long the household is on hold: a length, not a wait for something
        await call.resume()
        await call.hang_up()
        report = await calling

    assert report.code == 200
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, HOUSEHOLD))
        ledger = journey["ledger"]
        assert ledger["outcome"] == "answered"
        assert ledger["hangup_by"] == "agent"
        assert ledger["ivr_steps"] == [{"node": "main_menu", "key": "1"}]
        assert [(v["queue"], v["outcome"]) for v in ledger["queue_visits"]] == [("hotline-zh", "answered")]
        assert [(a["agent"], a["outcome"]) for a in ledger["attempts"]] == [("PJSIP/1001", "answered")]
        [leg] = ledger["agent_legs"]
        assert leg["agent"] == "PJSIP/1001"
        assert 0.3 <= leg["hold_seconds"] <= 3
        assert journey["disposition"] == "order"

        order = supervisor.get(f"/api/v1/work-orders/{journey['order_id']}").json()
        assert order["state"] == "pending_dispatch"
        assert order["journey_id"] == journey["id"]
        assert order["zone"]["path"] == ["天山区", "团结路街道", "团结社区"]
        [recording] = journey["recordings"]
        assert order["recording_id"] == recording["id"]
        receipt = await until(
            "the receipt is sent",
            lambda: supervisor.get(f"/api/v1/work-orders/{order['id']}").json()["receipt"]["state"] == "sent" or None,
        )
        assert receipt
        audio = supervisor.get(f"/api/v1/recordings/{recording['id']}/audio")
        assert audio.status_code == 200
        assert audio.content[:4] == b"RIFF"
        assert len(set(audio.content[44:4000])) > 8  # a voice, not silence
    # The order was the disposition: no wrap-up. (The telephone has gone home, which the desk says.)
    await expect(gulnar.get_by_text("话机失联").first).to_be_visible()
