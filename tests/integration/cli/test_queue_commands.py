"""`callcenter queue`: the times of a queue are changed in its row, and a running PBX is told."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from callcenter.agents import seats
from callcenter.agents.models import Agent
from callcenter.cli import queues
from callcenter.cli.machine import open_ledger, pbx_plan
from callcenter.foundation.settings import Settings
from callcenter.pbx import instance
from callcenter.pbx.instance import PbxStatus


@pytest.fixture
def state(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with the queue hotline-zh."""
    monkeypatch.setenv("CALLCENTER_STATE_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("CALLCENTER_DATABASE_URL", database_url)
    settings = Settings()

    async def add() -> None:
        ledger = open_ledger(settings)
        async with ledger.transaction() as tx:
            await seats.add_queue(tx, name="hotline-zh", label="汉语", language="zh")
            await seats.add_agent(tx, number="1001", name="古丽娜尔", user_id=None, queues={"hotline-zh": 0})
        await ledger.database.close()

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
    first: dict[str, str | int] = {
        "name": "hotline-zh",
        "label": "汉语",
        "language": "zh",
        "ring": 20,
        "most_wait": 300,
    }
    first["duty_phone"] = ""
    assert rows() == [first]
    assert queue("set", "hotline-zh", "--ring", "25")[0] == 0
    assert rows() == [first | {"ring": 25}]
    assert queue("set", "hotline-zh", "--most-wait", "120")[0] == 0
    assert rows() == [first | {"ring": 25, "most_wait": 120}]
    [planned] = pbx_plan(Settings(), demo=False).queues
    assert (planned.timeout, planned.max_wait_seconds) == (25, 120)


def test_the_duty_phone_is_set_shown_planned_and_taken_away(state: Path) -> None:
    for written, number in (("0991 282-5555", "09912825555"), ("13899886021", "13899886021"), ("1001", "1001")):
        assert queue("set", "hotline-zh", "--duty-phone", written)[0] == 0
        code, output = queue("show", "hotline-zh", "--json")
        assert (code, json.loads(output)["duty_phone"]) == (0, number)
        [planned] = pbx_plan(Settings(), demo=False).queues
        assert planned.duty_phone == number
    assert queue("set", "hotline-zh", "--duty-phone", "none")[0] == 0
    assert [row["duty_phone"] for row in rows()] == [""]
    assert queue("show", "nowhere")[0] == 1


def test_a_duty_phone_whose_seat_has_gone_stops_no_pbx(state: Path) -> None:
    assert queue("set", "hotline-zh", "--duty-phone", "1001")[0] == 0

    async def leave() -> None:
        ledger = open_ledger(Settings())
        async with ledger.transaction() as tx:
            await tx.session.execute(update(Agent).values(active=False))
        await ledger.database.close()

    asyncio.run(leave())
    [planned] = pbx_plan(Settings(), demo=False).queues
    assert planned.duty_phone is None


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
    "args",
    [
        ("nowhere", "--ring", "25"),
        ("hotline-zh", "--ring", "0"),
        ("hotline-zh", "--most-wait", "7201"),
        ("nowhere", "--duty-phone", "13899886021"),
        *(
            ("hotline-zh", "--duty-phone", number)
            for number in ("1002", "110", "4008123123", "16812345678", "0044791112345", "01065001234", "96365",
                           "13491234567", "PJSIP/1001", "1001&1002", "${EXTEN}", "一二三", "13899886021@trunk", "")
        ),
    ],
)  # fmt: skip
def test_what_the_pbx_would_refuse_changes_nothing(state: Path, args: tuple[str, ...]) -> None:
    before = rows()
    assert queue("set", *args)[0] == 1
    assert rows() == before
