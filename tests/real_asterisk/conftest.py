"""A real Asterisk for the tests of this folder: `pbx` is one instance per worker, `build` the program."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.install import install
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
