"""`callcenter serve --workers N`: several processes behind one port, none of which outlives its parent."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli.main import app
from tests.integration.conftest import until
from tests.integration.processes.conftest import Centre


@pytest.mark.postgresql
@pytest.mark.timeout(300)
async def test_workers_share_a_port_one_owns_the_exchange_and_none_outlives_the_parent(centre: Centre) -> None:
    parent = await centre.start("--workers", "2")
    workers = children(parent.popen.pid)

    async def owned() -> bool:
        told = await parent.health()
        return bool(told) and bool(told["ami"]["ok"])

    await until(owned, "one of them owns the exchange", 60)
    owner = int((await parent.health())["ami"]["owner"].split(":")[1])
    assert owner in workers
    assert len(workers) >= 2
    assert len(centre.live_links()) == 1
    parent.kill()
    await until(lambda: not any(map(lives, workers)), "the workers have ended", 60)
    assert await parent.health() == {}


def children(pid: int) -> list[int]:
    """Processes that run Python under this parent (also multiprocessing's tracker)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({}, "SQLite has one writer"),
        (
            {"CALLCENTER_DATABASE_URL": "postgresql+psycopg://x@127.0.0.1/y", "CALLCENTER_BUS": "local"},
            "CALLCENTER_BUS",
        ),
    ],
)
def test_what_cannot_be_shared_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CALLCENTER_DATABASE_URL", "CALLCENTER_BUS"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, ["serve", "--workers", "2"], env=env)
    assert result.exit_code == 1
    assert why in result.output
    assert len(result.output.strip().splitlines()) == 1
