"""What `status` shows of the database: what the service says, and counts that the service does not make for all."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from callcenter.cli import parts
from callcenter.foundation.settings import Settings

TOLD = {"ok": True, "engine": "sqlite", "outbox_waiting": 0}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, state_dir=tmp_path)  # type: ignore[call-arg]


def test_counts_come_from_the_database_itself(tmp_path: Path, database_url: str) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path, database_url=database_url)  # type: ignore[call-arg]
    assert parts._database(settings, TOLD) == TOLD | {"journeys": 0, "work_orders": 0}


def test_a_database_of_another_schema_has_no_counts(settings: Settings, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'callcenter.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE other (n INTEGER)"))
    engine.dispose()
    assert parts._database(settings, TOLD) == TOLD


def test_while_the_service_is_away_nothing_is_opened_or_made(settings: Settings, tmp_path: Path) -> None:
    assert parts._database(settings, {"ok": False}) == {"ok": False}
    assert list(tmp_path.iterdir()) == []
