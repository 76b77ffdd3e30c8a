"""Engines, sessions, base class and column types; SQLite and PostgreSQL behind one door.

SQLite has one writer: a single connection that begins with BEGIN IMMEDIATE, and separate readers, so that no
transaction ever fails half-way for a lock. PostgreSQL uses one pool for both.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client import Counter
from sqlalchemy import JSON, DateTime, MetaData, TypeDecorator, Uuid, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from callcenter.foundation.sqlite_driver import SqliteDriver, in_one_go

T = TypeVar("T")
Work = Callable[[AsyncSession], Awaitable[T]]
"""What is done with a session in one go: it may wait for the session and for nothing else."""

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""Failures that pass by themselves: locked, full, stopped, a session ended by the server. Try the same again."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; timestamptz in PostgreSQL, naive UTC text in SQLite. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


POSTGRESQL = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8000,
    "options": "-c idle_in_transaction_session_timeout=3000 -c lock_timeout=10000",
}
"""Every wait ends. A process that is frozen within a transaction holds rows that all others need (the end of the
ledger, a lease): after 3 s the server ends its session, so that another process can take over in time. What the
database's address says itself (`?options=…`) goes before."""

JsonValue = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        datetime: UtcDateTime,
        uuid.UUID: Uuid,
        dict[str, Any]: JsonValue,
        list[Any]: JsonValue,
    }


def _prepare_sqlite(engine: AsyncEngine, *, writer: bool) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            f"query_only={'OFF' if writer else 'ON'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")


STATEMENTS = Counter("callcenter_sql_statements", "Statements that were sent to the database.")


def _count_statements(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def on_statement(*_: Any) -> None:
        STATEMENTS.inc()


def _say_away(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "handle_error")
    def on_error(failure: ExceptionContext) -> None:
        # psycopg calls a session that the server ended between two statements an error within the server.
        if failure.is_disconnect and isinstance(failure.sqlalchemy_exception, InternalError):
            raise OperationalError(
                failure.statement, None, failure.original_exception, connection_invalidated=True
            ) from failure.original_exception


class Database:
    """The engines of one deployment. `write` and `read` hand out sessions; only `write` commits."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            path = make_url(url).database
            if path:
                Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer = create_async_engine(
                url, module=SqliteDriver(), pool_size=1, max_overflow=0, pool_timeout=30
            )
            self._reader = create_async_engine(url, module=SqliteDriver(), pool_size=8, max_overflow=8)
            _prepare_sqlite(self._writer, writer=True)
            _prepare_sqlite(self._reader, writer=False)
        else:
            waits = {**POSTGRESQL, **make_url(url).query}
            self._writer = create_async_engine(url, pool_size=10, pool_pre_ping=True, connect_args=waits)
            self._reader = self._writer
        for engine in {self._writer, self._reader}:
            _count_statements(engine)
            _say_away(engine)

    @property
    def engine(self) -> AsyncEngine:
        return self._writer

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose transaction commits on leaving and rolls back on an exception."""
        async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading; whatever it changes is thrown away."""
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    async def write_in_one_go(self, work: Work[T]) -> T:
        """As `write`; on SQLite the whole of it is one visit of the writer's thread."""
        if not self.is_sqlite:
            async with self.write() as session:
                return await work(session)

        async def written(connection: AsyncConnection) -> T:
            session = AsyncSession(connection, expire_on_commit=False)
            try:
                async with session.begin():
                    return await work(session)
            finally:
                await session.close()

        async with self._writer.connect() as connection:
            return await in_one_go(connection, written(connection))

    async def read_in_one_go(self, work: Work[T]) -> T:
        """As `read`; on SQLite the whole of it is one visit of a reader's thread."""
        if not self.is_sqlite:
            async with self.read() as session:
                return await work(session)

        async def looked(connection: AsyncConnection) -> T:
            session = AsyncSession(connection, expire_on_commit=False, autoflush=False)
            try:
                return await work(session)
            finally:
                await session.close()

        async with self._reader.connect() as connection:
            return await in_one_go(connection, looked(connection))

    async def close(self) -> None:
        await asyncio.shield(self._writer.dispose())
        if self._reader is not self._writer:
            await asyncio.shield(self._reader.dispose())
