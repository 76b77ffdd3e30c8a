"""A ledger on a new SQLite file: what is hostile here does not depend on the database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.database import Database
from callcenter.foundation.transactions import Ledger


@pytest.fixture
def sqlite_file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "one.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


@pytest.fixture
async def sqlite_ledger(sqlite_file: Path, clock: FrozenClock) -> AsyncIterator[Ledger]:
    database = Database(f"sqlite+aiosqlite:///{sqlite_file}")
    yield Ledger(database, clock)
    await database.close()
