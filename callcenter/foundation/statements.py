"""Statements that are made once and run often, past the ORM.

Building a statement and finding its compiled form costs SQLAlchemy five times what SQLite takes to run it. What the
hot path says is therefore built when the module is loaded, with bound parameters, and run on the session's own
connection. It sees only what is flushed, and the session does not learn of it: use it for rows that nobody holds, or
of which no holder reads or writes these columns afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable

from callcenter.foundation.database import Base

ByDialect = Mapping[str, Executable]
"""The same in the words of each database."""


def table_of(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_if_new(table: Table, returning: str) -> ByDialect:
    """Insert the row of the parameters, unless one of its keys is taken; one row with that column if it was new."""
    return {
        dialect.dialect.name: dialect.insert(table).on_conflict_do_nothing().returning(table.c[returning])
        for dialect in (sqlite, postgresql)
    }


def insert_or_update(table: Table, keys: Sequence[str], change: Mapping[str, Callable[[Any], Any]]) -> ByDialect:
    """Insert the row of the parameters; if its keys are taken, change that row: column → value from the new row."""
    made = {}
    for dialect in (sqlite, postgresql):
        new = dialect.insert(table)
        values = {name: value(new.excluded) for name, value in change.items()}
        made[dialect.dialect.name] = new.on_conflict_do_update(index_elements=list(keys), set_=values)
    return made


async def run(
    session: AsyncSession,
    statement: Executable | ByDialect,
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]],
) -> Sequence[Any]:
    """The rows, if the statement returns any."""

    def execute(sync_session: Session) -> Sequence[Any]:
        connection = sync_session.connection()
        chosen = statement[connection.dialect.name] if isinstance(statement, Mapping) else statement
        result = connection.execute(chosen, parameters)
        return result.all() if result.returns_rows else ()

    return await session.run_sync(execute)
