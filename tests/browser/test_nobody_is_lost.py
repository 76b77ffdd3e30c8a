"""What goes wrong in a day: nobody answers, callers hang up or hide, parts die. Each call ends in one outcome."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from playwright.async_api import expect

from callcenter.cli import starting
from callcenter.cli.machine import pbx_home
from callcenter.pbx import instance
from callcenter.phones.happenings import CallState
from callcenter.phones.place_call import place_call
from tests.browser.conftest import OpenDesk
from tests.browser.stack import Stack, newest_journey, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_pop_is_withdrawn_and_the_next_agent_gets_it(stack: Stack, open_desk: OpenDesk) -> None:
    desks = {"1001": await open_desk("1001"), "1002": await open_desk("1002")}
    async with stack.telephone("1001") as first, stack.telephone("1002") as second:
        calling = asyncio.create_task(stack.call("13899770001", seconds=60))
        telephones = {"1001": first, "1002": second}
        waits = {number: asyncio.create_task(t.ringing(20)) for number, t in telephones.items()}
        done, _ = await asyncio.wait(waits.values(), return_when=asyncio.FIRST_COMPLETED)
        [rung] = [number for number, wait in waits.items() if wait in done]
        [other] = [number for number in waits if number != rung]
        await expect(desks[rung].get_by_role("alert")).to_contain_text("来电")
        assert await desks[other].get_by_role("alert").count() == 0

        call = await waits[other]  # the ring at the first one has run out
        await expect(desks[other].get_by_role("alert")).to_contain_text("来电")
        await expect(desks[rung].get_by_role("alert")).to_have_count(0)
        await call.answer()
        await desks[other].get_by_text("新工单").wait_for()
        await call.hang_up()
        await calling
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770001"))
    outcomes = [(a["agent"], a["outcome"]) for a in journey["ledger"]["attempts"]]
    assert outcomes == [(f"PJSIP/{rung}", "no_answer"), (f"PJSIP/{other}", "answered")]
    # A call without an order asks for its result.
    await desks[other].get_by_text("这通电话的结果").wait_for()
    await desks[other].keyboard.press("4")
    await desks[other].keyboard.press("Control+Enter")
    await expect(desks[other].get_by_text("这通电话的结果")).to_have_count(0)
    with stack.client("1004") as supervisor:
        disposed = newest_journey(supervisor, "13899770001")
    assert disposed is not None
    assert disposed["disposition"] == "enquiry_answered"


async def test_a_rejected_call_goes_to_the_next_agent(stack: Stack, open_desk: OpenDesk) -> None:
    desks = {"1001": await open_desk("1001"), "1002": await open_desk("1002")}
    async with stack.telephone("1001") as first, stack.telephone("1002") as second:
        calling = asyncio.create_task(stack.call("13899770009", seconds=60))
        telephones = {"1001": first, "1002": second}
        waits = {number: asyncio.create_task(t.ringing(20)) for number, t in telephones.items()}
        done, _ = await asyncio.wait(waits.values(), return_when=asyncio.FIRST_COMPLETED)
        [rung] = [number for number, wait in waits.items() if wait in done]
        [other] = [number for number in waits if number != rung]
        await expect(desks[rung].get_by_role("alert")).to_contain_text("来电")
        await desks[rung].keyboard.press("Shift+F2")
        await expect(desks[rung].get_by_text("示忙").first).to_be_visible()

        call = await waits[other]
        await expect(desks[other].get_by_role("alert")).to_contain_text("来电")
        await desks[other].keyboard.press("F2")
        await call.wait_for(CallState.UP)
        await desks[other].get_by_text("新工单").wait_for()
        await desks[other].keyboard.press("F9")  # 挂断
        await call.wait_for(CallState.ENDED)
        await calling
        await expect(desks[rung].get_by_text("就绪").first).to_be_visible(timeout=12_000)
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770009"))
    assert journey["ledger"]["outcome"] == "answered"
    assert journey["ledger"]["hangup_by"] == "agent"


async def test_an_abandoned_caller_becomes_an_owned_task_on_the_desk(stack: Stack, open_desk: OpenDesk) -> None:
    desk = await open_desk("1001")
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(stack.call("13899770002", seconds=4))
        await telephone.ringing()
        await expect(desk.get_by_role("alert")).to_have_count(1)
        await calling
        await expect(desk.get_by_role("alert")).to_have_count(0)
        # Shown masked, with the way to call back.
        await expect(desk.get_by_text("138****0002").first).to_be_visible()
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770002"))
        assert journey["ledger"]["outcome"] == "abandoned"
        assert journey["ledger"]["hangup_by"] == "caller"
        tasks = supervisor.get("/api/v1/tasks").json()["items"]
    [task] = [task for task in tasks if task["journey_id"] == journey["id"]]
    assert task["owner"] is not None
    assert task["number"]["full"] is None


async def test_a_withheld_number_still_gets_a_pop_with_an_empty_card(stack: Stack, open_desk: OpenDesk) -> None:
    desk = await open_desk("1001")
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(stack.call("anonymous", name="Anonymous", seconds=30))
        call = await telephone.ringing()
        await expect(desk.get_by_role("alert")).to_contain_text("未登记")
        await expect(desk.locator("body")).to_contain_text("号码未显示")
        await call.answer()
        await desk.get_by_text("新工单").wait_for()
        await call.hang_up()
        await calling


async def test_without_anybody_signed_in_the_caller_leaves_a_message_and_is_owed_a_call(stack: Stack) -> None:
    report = await stack.call("13899770003", seconds=30)  # speaks all the time
    assert report.answered
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770003"))
        tasks = supervisor.get("/api/v1/tasks").json()["items"]
    assert journey["ledger"]["outcome"] == "voicemail"
    [task] = [task for task in tasks if task["journey_id"] == journey["id"]]
    assert (task["kind"], task["owner"] is not None) == ("voicemail", True)


async def test_without_the_voice_menu_the_caller_is_queued_all_the_same(stack: Stack, open_desk: OpenDesk) -> None:
    desk = await open_desk("1001")
    stack.stop_ivr()
    try:
        async with stack.telephone("1001") as telephone:
            calling = asyncio.create_task(stack.call("13899770004", seconds=30))
            call = await telephone.ringing()
            await call.answer()
            await desk.get_by_text("新工单").wait_for()  # both really talk
            await call.hang_up()
            await calling
    finally:
        await asyncio.to_thread(stack.start_ivr)
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770004"))
    assert journey["ledger"]["outcome"] == "answered"
    assert journey["ledger"]["ivr_steps"] == []


async def test_the_service_dies_in_a_call_and_the_picture_is_right_again(stack: Stack, open_desk: OpenDesk) -> None:
    desk = await open_desk("1001")
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(stack.call("13899770005", seconds=60))
        call = await telephone.ringing()
        await call.answer()
        await desk.get_by_text("新工单").wait_for()
        await asyncio.to_thread(stack.kill_service)
        assert call.state is CallState.UP  # the PBX goes on without us
        await asyncio.to_thread(stack.start_service)
        await desk.goto(stack.url)
        await desk.get_by_text("新工单").wait_for()  # the same call is on the desk again
        await call.hang_up()
        await calling
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770005"))
    assert journey["ledger"]["outcome"] == "answered"
    assert len(journey["ledger"]["agent_legs"]) == 1
    assert journey["ledger"]["ivr_steps"] == [{"node": "main_menu", "key": "1"}]


async def test_a_caller_who_hangs_up_while_the_service_is_dead_is_not_lost(stack: Stack, open_desk: OpenDesk) -> None:
    desk = await open_desk("1001")
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(stack.call("13899770006", seconds=5))
        await telephone.ringing()
        await expect(desk.get_by_role("alert")).to_have_count(1)  # the service has seen the caller wait
        await asyncio.to_thread(stack.kill_service)
        await calling
    await asyncio.to_thread(stack.start_service)
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770006"))
        tasks = supervisor.get("/api/v1/tasks").json()["items"]
    assert journey["ledger"]["outcome"] == "abandoned"
    assert [task["owner"] is not None for task in tasks if task["journey_id"] == journey["id"]] == [True]


MARKUP = "<img src=x onerror=document.title='owned'><b>王</b>"
WITNESS = Path(tempfile.gettempdir()) / "callcenter-was-here"
HOSTILE = {
    "13899770011": 'a"; drop table journeys; --',
    "13899770012": f"${{SHELL(touch {WITNESS})}}",
    "13899770013": "😀🇨🇳 مەھەممەت \u202eabc",
    "13899770014": "<script>document.title='owned'</script>",
    "13899770016": MARKUP,
    "13899770015": "王" * 200,
}


async def test_hostile_caller_names_are_text_and_nothing_else(stack: Stack, open_desk: OpenDesk) -> None:
    desk = await open_desk("1001")
    title = await desk.title()
    async with stack.telephone("1001") as telephone:
        for number, name in HOSTILE.items():
            calling = asyncio.create_task(stack.call(number, name=name, seconds=30))
            call = await telephone.ringing()
            await expect(desk.get_by_role("alert")).to_have_count(1)
            if name == MARKUP:
                await expect(desk.get_by_role("alert")).to_contain_text(MARKUP)
            await call.answer()
            await desk.get_by_text("新工单").wait_for()
            if name == MARKUP:
                await expect(desk.get_by_text(MARKUP).first).to_be_visible()
            await call.hang_up()
            await calling
            await desk.get_by_text("这通电话的结果").wait_for()
            await desk.keyboard.press("8")
            await desk.keyboard.press("Control+Enter")
            await expect(desk.get_by_text("这通电话的结果")).to_have_count(0)
    await desk.get_by_role("link", name="通话").click()
    await desk.get_by_text("138****0016").first.wait_for()
    assert await desk.locator("img[src='x']").count() == 0
    assert await desk.title() == title
    assert not WITNESS.exists()
    with stack.client("1004") as supervisor:
        for number in HOSTILE:
            journey = newest_journey(supervisor, number)
            assert journey is not None
            assert journey["ledger"]["outcome"] == "answered"


async def test_the_pbx_dies_and_comes_back(stack: Stack, open_desk: OpenDesk) -> None:
    desk = await open_desk("1001")
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(place_call(stack.plan("13899770007", seconds=8)))
        await telephone.ringing()
        await asyncio.to_thread(instance.stop, pbx_home(stack.settings))
        await calling
    await asyncio.to_thread(_start_pbx, stack)
    with stack.client("1004") as supervisor:
        journey = await until("the journey is over", lambda: newest_journey(supervisor, "13899770007"))
        tasks = supervisor.get("/api/v1/tasks").json()["items"]
    assert journey["ledger"]["outcome"] in ("abandoned", "failed", "timeout")
    assert [task["owner"] is not None for task in tasks if task["journey_id"] == journey["id"]] == [True]
    # The members are back, and the next caller is served.
    async with stack.telephone("1001") as telephone:
        calling = asyncio.create_task(stack.call("13899770008", seconds=30))
        call = await telephone.ringing(20)
        await expect(desk.get_by_role("alert")).to_have_count(1)
        await call.answer()
        await call.hang_up()
        await calling


def _start_pbx(stack: Stack) -> None:
    starting.start_pbx(stack.settings, demo=True)
