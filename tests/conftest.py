"""What tests of every kind share: a clock that stands still, and a ledger on a real SQLite and a real PostgreSQL."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy
import structlog
from alembic import command
from hypothesis import settings
from sqlalchemy import event
from sqlalchemy.engine import Engine

from callcenter.foundation import schema
from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.database import Database
from callcenter.foundation.schema import load_models
from callcenter.foundation.transactions import Ledger
from tests.postgres import running_postgres

# The same examples in every run: who changes nothing shall not be refused by chance. New ones are searched for on
# purpose, `SEARCH=1 pytest -m hypothesis --hypothesis-seed=…`, and what they find stays as a test with its name.
settings.register_profile("steady", max_examples=60, deadline=None, derandomize=True, print_blob=False)
settings.register_profile("search", max_examples=60, deadline=None)
settings.load_profile("search" if os.environ.get("SEARCH") else "steady")

# structlog's own default draws tracebacks with all local variables: half a second of CPU each, on a busy machine
# the time limit of a test that makes twenty of them.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
)


@event.listens_for(Engine, "connect")
def _rows_come_as_they_like(connection: Any, _: Any) -> None:
    """SQLite gives rows backwards where no order is asked for: who counts on the order of writing shall see it here.

    PostgreSQL gives them as they were written for months, and one day, after a vacuum, otherwise.
    """
    if "sqlite" in type(connection).__module__:
        cursor = connection.cursor()
        cursor.execute("PRAGMA reverse_unordered_selects=ON")
        cursor.close()


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command run in this process sends log lines where it was told to; the next test shall see its own."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


PATIENT = "?options=" + quote("-c idle_in_transaction_session_timeout=60000 -c lock_timeout=60000")
"""In service a process that stands still for 3 s within a transaction loses it; a test shall not."""


@pytest.fixture
def clock() -> FrozenClock:
    """Monday 2026-11-23 10:24 Beijing time."""
    return FrozenClock()


def _make_tables(url: str) -> None:
    """What the migrations make (see tests/test_migrations.py) in a fraction of the time; marked as up to date."""
    engine = sqlalchemy.create_engine(url)
    load_models().create_all(engine)
    engine.dispose()
    command.stamp(schema.alembic_config(url), "head")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.db"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with running_postgres() as url:
        _make_tables(url)
        yield url


def _empty(url: str) -> None:
    """Delete the rows where there are any: a TRUNCATE of all fifty tables costs more than most tests do."""
    names = [table.name for table in load_models().sorted_tables]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")  # foreign keys need no order then
        for [name] in connection.exec_driver_sql(filled).all():
            connection.exec_driver_sql(f'DELETE FROM "{name}"')
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> str:
    """An empty database with all tables; the test runs once on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "callcenter.db"
        path.write_bytes(sqlite_template.read_bytes())
        return f"sqlite+aiosqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    _empty(url)
    return url + PATIENT


@pytest.fixture
async def ledger(database_url: str, clock: FrozenClock) -> AsyncIterator[Ledger]:
    database = Database(database_url)
    yield Ledger(database, clock)
    await database.close()
