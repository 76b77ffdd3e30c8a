"""Wake-ups by LISTEN and NOTIFY: the only import of psycopg."""

import asyncio
from typing import ClassVar

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from callcenter.foundation.bus import CONNECT_SECONDS, QUIET_SECONDS, ConnectedBus

CHANNEL = "callcenter"


class PostgresqlBus(ConnectedBus):
    """Channels belong to one database, so deployments cannot hear each other."""

    failures: ClassVar = (psycopg.Error, OSError)

    def __init__(self, url: str) -> None:
        super().__init__()
        self._conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=2,
            application_name="callcenter bus",
        )

    async def _hear(self) -> None:
        async with await self._connect() as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            self.connected()
            while True:
                async for notice in connection.notifies(timeout=QUIET_SECONDS):
                    self.hear_text(notice.payload)
                async with asyncio.timeout(CONNECT_SECONDS):
                    await connection.execute("SELECT 1")

    async def _send(self) -> None:
        async with await self._connect() as connection:
            while True:
                topic, number = await self.next_to_send()
                async with asyncio.timeout(CONNECT_SECONDS):
                    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{topic} {number}"))
                self.sent(topic, number)
