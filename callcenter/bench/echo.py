"""The floor of a pop: a bare websocket echo over uvicorn that makes one durable commit before it answers."""

import sqlite3
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Echo:
    """An ASGI application with nothing in it."""

    def __init__(self, file: str) -> None:
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE IF NOT EXISTS said (text TEXT)")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (frame := await receive())["type"] == "websocket.receive":
            self._database.execute("INSERT INTO said VALUES (?)", (frame["text"],))
            await send({"type": "websocket.send", "text": frame["text"]})


if __name__ == "__main__":
    uvicorn.run(
        Echo(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="critical",
        lifespan="off",
        ws_per_message_deflate=False,
    )
