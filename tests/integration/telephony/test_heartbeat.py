"""While the link lives the PBX has a fresh sign of life, in its own time, and one watch."""

from callcenter.telephony.heartbeat import BEAT, WATCH, WATCHED
from tests.integration.conftest import until
from tests.integration.telephony.pbx_scene import Scene

NOW = 1_795_406_300


async def test_a_new_link_writes_the_pbx_s_time_and_starts_the_watch_once(scene: Scene) -> None:
    variables = scene.ami.picture.variables
    variables["EPOCH"] = str(NOW)
    await scene.start()
    await until(lambda: scene.ami.sent("Originate"), "a watch is started")
    assert variables[BEAT] == str(NOW)
    assert [action["Channel"] for action in scene.ami.sent("Originate")] == [WATCH]

    await scene.stop()
    variables |= {"EPOCH": str(NOW + 3600), WATCHED: str(NOW + 3590)}
    await scene.start()
    await until(lambda: variables[BEAT] == str(NOW + 3600), "another beat")
    await scene.stop()
    assert len(scene.ami.sent("Originate")) == 1, "the watch has looked 10 s ago"

    variables["EPOCH"] = str(NOW + 7200)
    await scene.start()
    await until(lambda: len(scene.ami.sent("Originate")) == 2, "a watch that has not looked for an hour is none")


async def test_a_pbx_that_does_not_tell_its_time_gets_no_beat(scene: Scene) -> None:
    scene.ami.picture.variables["EPOCH"] = "soon"
    await scene.start()
    await until(lambda: {"Variable": "EPOCH"}.items() <= scene.ami.sent("Getvar")[-1].items(), "it was asked")
    await scene.stop()
    assert BEAT not in scene.ami.picture.variables
