"""SQLite under SQLAlchemy's async engine: one visit of a thread for a statement, or one for a whole transaction.

aiosqlite goes to its thread three or four times for each statement (cursor, execute, rows, close), and each visit
costs more than the statement. Here a statement and its rows are one visit; and what runs in the connection's thread
as a whole (`in_one_go`) makes none, since nothing there has to be waited for.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection, AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util.concurrency import await_, in_greenlet

from callcenter.foundation.waiting import to_its_end

T = TypeVar("T")


def _in_a_thread_of_its_own() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


class _Cursor(AsyncAdapt_dbapi_cursor):
    """Buffers all rows; SQLAlchemy gets them without another visit."""

    __slots__ = ()
    _awaitable_cursor_close = False
    _adapt_connection: "SqliteConnection"
    _cursor: Any

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        self._rows = self._adapt_connection.visit(self._executed, operation, parameters or ())

    def _executed(self, operation: Any, parameters: Any) -> deque[Any]:
        return deque(self._cursor.execute(operation, parameters).fetchall())

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        self._adapt_connection.visit(self._cursor.executemany, operation, seq_of_parameters)


class SqliteConnection(AsyncAdapt_dbapi_connection):
    """One connection and its thread."""

    __slots__ = ("thread",)
    _cursor_cls = _ss_cursor_cls = _Cursor  # type: ignore[assignment]  # narrower than the base says
    _connection: Any

    def __init__(self, dbapi: Any, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        super().__init__(dbapi, connection)  # type: ignore[arg-type]  # not one of asyncio's: we wait for it
        self.thread = thread

    def visit(self, work: Callable[..., T], *args: Any) -> T:
        """`work` in the connection's thread; at once if we are in a thread without a loop."""
        if _in_a_thread_of_its_own():
            return work(*args)
        return await_(asyncio.get_running_loop().run_in_executor(self.thread, work, *args))

    @property
    def isolation_level(self) -> str | None:
        level: str | None = self._connection.isolation_level
        return level

    @isolation_level.setter
    def isolation_level(self, value: str | None) -> None:
        self._connection.isolation_level = value

    def create_function(self, *args: Any, **options: Any) -> None:
        self._connection.create_function(*args, **options)

    def commit(self) -> None:
        if self._connection.in_transaction:
            self.visit(self._connection.commit)

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.visit(self._connection.rollback)

    def close(self) -> None:
        self.visit(self._connection.close)
        self.thread.shutdown(wait=False)

    def terminate(self) -> None:
        """Closed behind whatever runs in its thread, without waiting for it."""
        if in_greenlet() and _in_a_thread_of_its_own():
            self._connection.close()
        else:
            self.thread.submit(self._connection.close)
        self.thread.shutdown(wait=False)


class SqliteDriver(AsyncAdapt_aiosqlite_dbapi):
    """For `create_async_engine("sqlite+aiosqlite://…", module=SqliteDriver())`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *args: Any, **options: Any) -> Any:
        options["check_same_thread"] = False  # closing may happen elsewhere; statements do not
        thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")
        opened = asyncio.get_running_loop().run_in_executor(thread, lambda: sqlite3.connect(*args, **options))
        return SqliteConnection(self, await_(opened), thread)


async def in_one_go(connection: AsyncConnection, work: Coroutine[Any, Any, T]) -> T:
    """Run `work`, which may wait for this connection only, from begin to end in the connection's thread."""
    driver: Any = (await connection.get_raw_connection()).dbapi_connection
    return await to_its_end(asyncio.get_running_loop().run_in_executor(driver.thread, _driven, work))


def _driven(work: Coroutine[Any, Any, T]) -> T:
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("it waited for something else than its connection")
