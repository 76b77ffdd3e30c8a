"""queue_log beside CEL: it adds what CEL cannot tell, stands in where CEL is silent, and doubles nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from callcenter.calls.models import JourneyRow, QueueVisitRow, RingAttemptRow
from callcenter.tasks.models import Task
from callcenter.telephony.models import QueueLogBookmark, RepairRow
from tests.integration.conftest import until
from tests.integration.telephony.pbx_scene import BEGIN, CALLER, GIVEN_UP, LINE, QUEUED, STEP, Scene

LOGGED = (
    f"1795406302|{LINE}|hotline-zh|NONE|ENTERQUEUE||13899886021|4\n",
    f"1795406330|{LINE}|hotline-zh|NONE|ABANDON|1|4|28\n",
)


@pytest.fixture(autouse=True)
async def seen_once(scene: Scene) -> None:
    """The PBX writes a queue_log, and the service has read it before."""
    scene.queue_log.write_text("1795406000|NONE|NONE|NONE|QUEUESTART|\n")
    await scene.start()


async def told(scene: Scene) -> tuple[JourneyRow, QueueVisitRow]:
    async with scene.ledger.reading() as session:
        [journey] = await session.scalars(select(JourneyRow))
        [visit] = await session.scalars(select(QueueVisitRow))
    return journey, visit


async def kinds(scene: Scene) -> list[str]:
    async with scene.ledger.reading() as session:
        return sorted(await session.scalars(select(RepairRow.kind)))


async def test_both_files_tell_and_nothing_is_doubled(scene: Scene) -> None:
    await scene.stop()
    scene.cel.write_text(BEGIN + STEP + QUEUED + GIVEN_UP)
    with scene.queue_log.open("a") as log:
        log.writelines(LOGGED)
    for _ in range(2):
        await scene.start()
        journey, visit = await told(scene)
        assert (journey.outcome, journey.estimates) == ("abandoned", None)
        assert (visit.position, visit.outcome) == (4, "abandoned")
        assert visit.joined_at == datetime.fromtimestamp(1795406302.100010, UTC), "CEL's finer stamp"
        assert await kinds(scene) == ["from_cel", "from_queue_log"]


@pytest.mark.parametrize("rotated", [False, True])
async def test_without_cel_queue_log_tells_alone_also_when_it_was_rotated(scene: Scene, rotated: bool) -> None:
    await scene.stop()
    with scene.queue_log.open("a") as log:
        log.write(LOGGED[0])
    if rotated:
        scene.queue_log.rename(scene.queue_log.with_suffix(".1"))
    with scene.queue_log.open("a") as log:
        log.write(LOGGED[1])
    for _ in range(2):
        await scene.start()
        journey, visit = await told(scene)
        assert (journey.outcome, journey.number, journey.estimated) == ("abandoned", "+8613899886021", False)
        assert (visit.position, round(visit.wait_seconds)) == (4, 28)
        async with scene.ledger.reading() as session:
            [task] = await session.scalars(select(Task))
            mark = await session.get_one(QueueLogBookmark, "pbx")
        assert task.journey_id == journey.id, "a lost caller is somebody's task"
        assert mark.offset == scene.queue_log.stat().st_size
        assert await kinds(scene) == ["from_queue_log"]


async def test_a_caller_seen_waiting_who_left_in_the_gap_gets_the_true_end(scene: Scene) -> None:
    line = {"Channel": CALLER, "CallerIDNum": "13899886021", "Uniqueid": LINE, "Linkedid": LINE}
    said = scene.ami.connection
    said.event("Newchannel", **line, ChannelState="4", Exten="96365", Timestamp="1795406300.1")
    said.event("QueueCallerJoin", **line, Queue="hotline-zh", Position="4", Timestamp="1795406302.1")

    async def waits() -> bool:
        async with scene.ledger.reading() as session:
            return bool(list(await session.scalars(select(QueueVisitRow))))

    await until(waits, "the caller waits")
    await scene.stop()
    with scene.queue_log.open("a") as log:
        log.writelines(LOGGED)
    await scene.start()
    journey, visit = await told(scene)
    assert (journey.outcome, journey.estimated, visit.position) == ("abandoned", False, 4)
    assert visit.joined_at == datetime.fromtimestamp(1795406302.1, UTC), "heard, and not told again"
    assert journey.ended_at is not None
    assert abs(journey.ended_at - datetime.fromtimestamp(1795406330, UTC)) <= timedelta(seconds=1)
    async with scene.ledger.reading() as session:
        assert list(await session.scalars(select(RingAttemptRow))) == []


async def test_where_cel_is_a_call_that_only_queue_log_names_is_none(scene: Scene) -> None:
    """Such lines may be of a caller's making."""
    await scene.stop()
    scene.cel.write_text("")
    with scene.queue_log.open("a") as log:
        log.writelines(LOGGED)
    await scene.start()
    async with scene.ledger.reading() as session:
        assert list(await session.scalars(select(JourneyRow))) == []
