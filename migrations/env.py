"""Alembic's entry: one head, the same migrations for SQLite and PostgreSQL."""

from alembic import context
from sqlalchemy import engine_from_config, pool

from callcenter.foundation.schema import load_models

target = load_models()


def run() -> None:
    section = context.config.get_section(context.config.config_ini_section) or {}
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET lock_timeout = '5s'")  # never wait behind a long reader for ever
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
