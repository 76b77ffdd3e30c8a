"""A real Asterisk for the tests of this folder: `pbx` is one instance per worker, `build` the program."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.install import install
from callcenter.pbx.plan import QueueRow
from tests.real_asterisk.running_pbx import RunningPbx, plan_of, start_pbx

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real_asterisk)


@pytest.fixture(scope="session")
def build() -> AsteriskBuild:
    return install(print)


@pytest.fixture(scope="session")
def pbx(build: AsteriskBuild, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[RunningPbx]:
    """Shared by all tests of a worker: sign your agents out again, hang up what you have dialled."""
    state_dir = tmp_path_factory.mktemp("pbx")
    running = start_pbx(plan_of(f"test-{worker_id}", state_dir), build, state_dir)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def quiet_pbx(build: AsteriskBuild, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[RunningPbx]:
    """As `pbx`, without prompts: a call is in its queue at once. `short` is a queue of two seconds' patience."""
    state_dir, silence = tmp_path_factory.mktemp("quiet"), tmp_path_factory.mktemp("silence")
    queues = (
        QueueRow(name="hotline-zh", wrapuptime=0, timeout=5),
        QueueRow(name="hotline-ug", language="ug", wrapuptime=0, timeout=5),
        QueueRow(name="short", wrapuptime=0, max_wait_seconds=2),
    )
    plan = plan_of(f"quiet-{worker_id}", state_dir, queues=queues, sounds_dir=silence)
    running = start_pbx(plan, build, state_dir)
    yield running
    running.stop()
