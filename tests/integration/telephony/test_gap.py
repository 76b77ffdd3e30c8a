"""Calls that ended while nobody listened come from the CEL file, once, whatever happens to us meanwhile."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.calls.models import (
    AgentLegRow,
    IvrStepRow,
    QueueVisitRow,
    RecordingRow,
)
from callcenter.foundation.facts import FactRow
from callcenter.tasks.models import Task
from callcenter.telephony import comparing
from tests.fakes.fake_ami import Connection, Headers
from tests.integration.conftest import until
from tests.integration.telephony.pbx_scene import BEGIN, CALLER, GIVEN_UP, LINE, QUEUED, STEP, Scene

RECORDED = Path(__file__).parents[2] / "transcripts" / "cel" / "calls.csv"
OUTCOMES = ["abandoned", "abandoned", "answered", "answered", "ivr_hangup", "no_agents", "no_agents", "timeout"]


async def a_call_is_known(scene: Scene) -> None:
    """We listen, and a household's call has come and is up."""
    await scene.start()
    scene.heard("Newchannel", "1795406300.100000", CallerIDName="", Context="from-carrier")
    scene.heard("Newstate", "1795406300.200000", ChannelState="6")

    async def known() -> bool:
        return len(await scene.journeys()) == 1

    await until(known, "the call is known")


async def test_what_went_before_our_first_life_is_not_ours(scene: Scene) -> None:
    scene.written(RECORDED.read_text("utf-8"))
    await scene.start()
    assert await scene.journeys() == []
    assert await scene.bookmark() == scene.cel.stat().st_size


async def test_calls_of_the_gap_get_their_outcomes_and_tasks_and_no_second_reading_changes_anything(
    scene: Scene,
) -> None:
    await scene.start()
    await scene.stop()
    scene.written(RECORDED.read_text("utf-8"))
    await scene.start()
    rows = await scene.journeys()
    assert sorted(str(row.outcome) for row in rows) == OUTCOMES
    assert not any(row.estimated or row.memory for row in rows)
    async with scene.ledger.reading() as session:
        tasks = list(await session.scalars(select(Task)))
    lost = {row.id for row in rows if row.outcome != "answered"}
    assert {task.journey_id for task in tasks} <= lost
    before = await scene.counts()
    await scene.start()
    await scene.forget_bookmark()  # as after a crash between the calls' transaction and the bookmark's
    await scene.start()
    assert await scene.counts() == before


async def test_the_same_after_the_link_alone_was_lost(scene: Scene) -> None:
    await scene.start()
    scene.written(RECORDED.read_text("utf-8"))
    scene.ami.connection.cut()
    await until(lambda: len(scene.ami.connections) == 2, "a second link")

    async def filled() -> bool:
        return len(await scene.journeys()) == len(OUTCOMES)

    await until(filled, "all calls")
    before = await scene.counts()
    scene.ami.connection.cut()
    await until(lambda: len(scene.ami.connections) == 3, "a third link")
    assert scene.link is not None
    link = scene.link
    await until(lambda: link.status.state == "live", "the link is live")
    assert await scene.counts() == before


async def test_messages_and_the_duty_phone_of_the_gap_are_told_like_live_ones(scene: Scene) -> None:
    await scene.start()
    await scene.stop()
    scene.written((RECORDED.parent / "alone.csv").read_text("utf-8"))
    for _ in range(2):
        await scene.forget_bookmark()
        await scene.start()
        assert sorted(str(row.outcome) for row in await scene.journeys()) == [
            "answered", "answered", "no_agents", "voicemail", "voicemail",
        ]  # fmt: skip
        async with scene.ledger.reading() as session:
            messages = list(await session.scalars(select(RecordingRow).where(RecordingRow.kind == "voicemail")))
            tasks = list(await session.scalars(select(Task)))
            legs = set(await session.scalars(select(AgentLegRow.agent)))
        assert legs == {"duty-phone", "PJSIP/1004"}
        assert len(messages) == 2
        assert {row.id for row in messages} == {task.recording_id for task in tasks}
        await scene.stop()


async def test_a_call_that_was_open_gets_true_times_and_nothing_twice(scene: Scene) -> None:
    """Its begin came over the AMI, stamped a little otherwise; the file has all of it."""
    await scene.start()
    scene.heard("Newchannel", "1795406300.100000", CallerIDName="", Context="from-carrier")
    scene.heard("Newstate", "1795406300.200000", ChannelState="6")
    scene.heard("UserEvent", "1795406301.080000", UserEvent="IvrStep", Node="main_menu", Key="1")
    scene.heard("QueueCallerJoin", "1795406302.100300", Queue="hotline-zh", Position="3")

    async def waits() -> bool:
        return [row.state for row in await scene.journeys()] == ["queued"]

    await until(waits, "the caller waits")
    await scene.stop()
    scene.written(BEGIN + STEP + QUEUED + GIVEN_UP)
    await scene.start()
    [journey] = await scene.journeys()
    assert (journey.outcome, journey.hangup_by, journey.estimated) == ("abandoned", "caller", False)
    assert journey.ended_at == datetime.fromtimestamp(1795406330.5, UTC)
    async with scene.ledger.reading() as session:
        [visit] = await session.scalars(select(QueueVisitRow))
        assert len(list(await session.scalars(select(IvrStepRow)))) == 1
        assert len(list(await session.scalars(select(Task)))) == 1
    assert (visit.position, visit.left_at) == (3, journey.ended_at)


async def test_a_call_that_goes_on_keeps_its_true_times_and_its_menu_steps(scene: Scene) -> None:
    await scene.start()
    await scene.stop()
    scene.written(BEGIN + STEP + QUEUED)
    scene.ami.picture.channels = [
        {"Channel": CALLER, "ChannelState": "6", "CallerIDNum": "13899886021", "Exten": "s", "Application": "Queue",
         "Uniqueid": LINE, "Linkedid": LINE, "BridgeId": "", "Duration": "00:01:40"}
    ]  # fmt: skip
    scene.ami.picture.entries = [
        {"Queue": "hotline-zh", "Position": "1", "Channel": CALLER, "Uniqueid": LINE, "Wait": "98"}
    ]
    for _ in range(2):
        await scene.start()
        [journey] = await scene.journeys()
        assert (journey.ended_at, journey.state, journey.estimates) == (None, "queued", None)
        assert journey.started_at == datetime.fromtimestamp(1795406300.100010, UTC)
        async with scene.ledger.reading() as session:
            [step] = await session.scalars(select(IvrStepRow))
            [visit] = await session.scalars(select(QueueVisitRow))
        assert (step.node, step.key) == ("main_menu", "1")
        assert visit.joined_at == datetime.fromtimestamp(1795406302.100010, UTC)


async def test_a_call_that_died_with_the_pbx_is_ended_by_estimate_and_owed(scene: Scene) -> None:
    await scene.start()
    await scene.stop()
    scene.written(BEGIN + STEP + QUEUED)
    await scene.start()
    [journey] = await scene.journeys()
    assert (journey.outcome, journey.estimated) == ("abandoned", True)


async def test_the_rest_of_a_call_whose_begin_nobody_knows_is_left_out(scene: Scene) -> None:
    await scene.start()
    await scene.stop()
    scene.written(STEP + QUEUED + GIVEN_UP)
    await scene.start()
    assert await scene.journeys() == []


async def test_while_we_listen_the_bookmark_goes_along(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "SWEEP_SECONDS", 0.02)
    await scene.start()
    scene.written(RECORDED.read_text("utf-8"))

    async def moved() -> bool:
        return await scene.bookmark() == scene.cel.stat().st_size

    await until(moved, "the sweep has moved the bookmark")
    assert await scene.journeys() == []


async def test_garbage_in_the_file_keeps_nobody_from_going_live(scene: Scene) -> None:
    await scene.start()
    await scene.stop()
    with scene.cel.open("ab") as out:
        out.write(
            b'\xff\xfe\x00\n"CHAN_START","x"\n' + b'"",' * 3000 + b"\n" + BEGIN.encode() + GIVEN_UP.encode()[:50]
        )
    await scene.start()
    assert [row.estimated for row in await scene.journeys()] == [True]


async def test_an_end_that_is_heard_before_the_file_is_read_does_not_hide_what_came_before_it(scene: Scene) -> None:
    """The caller was queued in the gap and hung up just after we were back: the news of it waits in the inbox."""
    await a_call_is_known(scene)

    def hangs_up_meanwhile(connection: Connection, action: Headers) -> None:
        scene.heard("Hangup", "1795406330.500000", ChannelState="6", Cause="16")
        connection.listing(action, "CoreShowChannels", [])

    scene.ami.reactions["CoreShowChannels"] = hangs_up_meanwhile
    scene.written(BEGIN + STEP + QUEUED)
    scene.ami.connection.cut()

    async def over() -> bool:
        return (await scene.journeys())[0].outcome is not None

    await until(over, "the call is over")
    [journey] = await scene.journeys()
    assert (journey.outcome, journey.queue) == ("abandoned", "hotline-zh")
    async with scene.ledger.reading() as session:
        told = select(FactRow.type).where(FactRow.type.like("call.journey_%")).order_by(FactRow.position)
        types = list(await session.scalars(told))
    assert types == ["call.journey_started", "call.journey_ended"]


async def test_news_that_came_garbled_is_taken_from_the_file_and_nothing_after_it_counts_before(scene: Scene) -> None:
    await scene.start()
    scene.heard("Newchannel", "1795406300.100000", CallerIDName="", Context="from-carrier")
    scene.heard("Newstate", "1795406300.200000", ChannelState="6")
    scene.written(BEGIN + STEP + QUEUED + GIVEN_UP)
    joined = b"Event: QueueCallerJoin\r\nQueue: hotl\x00\x8f\n\xffine-zh\r\nUniqueid: " + LINE.encode() + b"\r\n\r\n"
    scene.ami.connection.send(joined)
    scene.heard("Hangup", "1795406330.500000", ChannelState="6", Cause="16")

    async def over() -> bool:
        return [row.outcome for row in await scene.journeys()] == ["abandoned"]

    await until(over, "the call is over")
    assert len(scene.ami.connections) == 2
    [journey] = await scene.journeys()
    assert journey.queue == "hotline-zh"


async def test_news_of_a_link_that_ended_in_its_recovery_waits_for_the_files(scene: Scene) -> None:
    """The caller was queued in the gap; the next link says that he hung up and ends before the files are read."""
    await a_call_is_known(scene)

    def hangs_up_and_ends(connection: Connection, action: Headers) -> None:
        del scene.ami.reactions["CoreShowChannels"]
        scene.heard("Hangup", "1795406330.500000", ChannelState="6", Cause="16")
        connection.writer.close()  # what was said goes out first

    scene.ami.reactions["CoreShowChannels"] = hangs_up_and_ends
    scene.written(BEGIN + STEP + QUEUED + GIVEN_UP)
    scene.ami.connection.cut()

    async def over() -> bool:
        return (await scene.journeys())[0].outcome is not None

    await until(over, "the call is over")
    assert len(scene.ami.connections) == 3
    [journey] = await scene.journeys()
    assert (journey.outcome, journey.queue) == ("abandoned", "hotline-zh")
