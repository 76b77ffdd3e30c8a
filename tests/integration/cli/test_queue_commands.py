"""`callcenter queue`: the times of a queue are changed in its row, and a running PBX is told."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from callcenter.agents import seats
from callcenter.cli import queues
from callcenter.cli.machine import open_ledger, pbx_plan
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.pbx import instance
from callcenter.pbx.instance import PbxStatus


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with the queue hotline-zh."""
    monkeypatch.setenv("CALLCENTER_STATE_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("CALLCENTER_DATABASE_URL", "")
    settings = Settings()

    async def add() -> None:
        ledger = open_ledger(settings)
        async with ledger.transaction() as tx:
            await seats.add_queue(tx, name="hotline-zh", label="汉语", language="zh")
        await ledger.database.close()

    schema.upgrade(settings.sqlalchemy_url)
    asyncio.run(add())
    return settings.state_dir


def queue(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(queues.app, list(args))
    return done.exit_code, done.output


def rows() -> Any:
    code, output = queue("list", "--json")
    assert code == 0, output
    return json.loads(output)


def test_the_times_are_set_one_by_one_and_reach_the_next_configuration(state: Path) -> None:
    first = {"name": "hotline-zh", "label": "汉语", "language": "zh", "ring": 20, "most_wait": 300}
    assert rows() == [first]
    assert queue("set", "hotline-zh", "--ring", "25")[0] == 0
    assert rows() == [first | {"ring": 25}]
    assert queue("set", "hotline-zh", "--most-wait", "120")[0] == 0
    assert rows() == [first | {"ring": 25, "most_wait": 120}]
    [planned] = pbx_plan(Settings(), demo=False).queues
    assert (planned.timeout, planned.max_wait_seconds) == (25, 120)


@pytest.mark.parametrize("households", [False, True])
def test_a_running_pbx_loads_them_and_keeps_its_household_accounts(
    state: Path, monkeypatch: pytest.MonkeyPatch, households: bool
) -> None:
    if households:
        (state / "households.json").write_text("{}")
    loaded: list[bool] = []
    running = PbxStatus(running=True, pid=1, uptime_seconds=1, instance=None)
    monkeypatch.setattr(instance, "status", lambda home: running)
    monkeypatch.setattr(queues, "write_and_load", lambda settings, *, demo: loaded.append(demo))
    assert queue("set", "hotline-zh", "--ring", "25")[0] == 0
    assert loaded == [households]


@pytest.mark.parametrize(
    "args", [("nowhere", "--ring", "25"), ("hotline-zh", "--ring", "0"), ("hotline-zh", "--most-wait", "7201")]
)
def test_what_the_pbx_would_refuse_changes_nothing(state: Path, args: tuple[str, ...]) -> None:
    before = rows()
    assert queue("set", *args)[0] == 1
    assert rows() == before
