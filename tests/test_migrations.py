"""Migrations: one head, up from empty, no drift from the models; on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from callcenter.foundation import schema
from tests.postgres import running_postgres


def drift(url: str) -> list[object]:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        found = compare_metadata(context, schema.load_models())
    engine.dispose()
    return list(found)


def test_there_is_one_head() -> None:
    script = ScriptDirectory.from_config(schema.alembic_config("sqlite://"))
    assert len(script.get_heads()) == 1


def test_sqlite_from_empty_has_no_drift(tmp_path: Path) -> None:
    schema.upgrade(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'callcenter.db'}")
    assert drift(f"sqlite:///{tmp_path / 'new' / 'callcenter.db'}") == []


@pytest.mark.postgresql
def test_postgresql_from_empty_has_no_drift() -> None:
    with running_postgres() as url:
        schema.upgrade(url)
        assert drift(url) == []
