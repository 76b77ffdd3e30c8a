"""The websocket: who may come in, what is read from it, and the one writer per browser."""

import asyncio
import contextlib
import time
from typing import cast

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.requests import HTTPConnection

from callcenter.agents import seat_book
from callcenter.auth import origins, sessions
from callcenter.auth.dependencies import COOKIE
from callcenter.auth.permissions import Permission
from callcenter.foundation import logs
from callcenter.foundation.database import DATABASE_AWAY
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger
from callcenter.realtime.desk import DeskReader
from callcenter.realtime.hub import (
    BAD_FRAMES,
    NOT_ADMITTED,
    NOT_SIGNED_IN,
    TRY_AGAIN,
    Client,
    Hub,
    encode,
)
from callcenter.realtime.messages import Alive, Hello, PopSeen, from_browser
from callcenter.realtime.screen_pop import ScreenPops

MOST_CHARACTERS = 16_384
MOST_BAD = 5
MOST_A_SECOND = 20
"""A page says a handful of things a minute; each may cost the database something."""
LAST_WORDS_SECONDS = 2.0

router = APIRouter()
_log = logs.get("websocket")


class Desks:
    """What the websocket needs of the running service."""

    def __init__(self, ledger: Ledger, settings: Settings, hub: Hub, reader: DeskReader, pops: ScreenPops) -> None:
        self.ledger = ledger
        self.settings = settings
        self.hub = hub
        self.reader = reader
        self.pops = pops


async def desk_socket(socket: WebSocket) -> None:
    """What was needed to let it in (person, seat, headers) is gone again while the desk is served, for hours."""
    desks = cast(Desks, socket.app.state.desks)
    admitted = await _admit(HTTPConnection(socket.scope), desks)
    await socket.accept()
    if isinstance(admitted, int):  # a browser can read a close code only of a socket that was open
        await socket.close(admitted)
        return
    with desks.hub.attached(admitted):
        await _serve(socket, desks, admitted)


router.add_websocket_route("/ws", desk_socket)  # without FastAPI's own layers: 4 KB a browser


async def _admit(request: HTTPConnection, desks: Desks) -> Client | int:
    """The client that may be served, or the code to close with."""
    if not origins.is_ours(request, desks.settings, required=True):
        return NOT_ADMITTED
    token = request.cookies.get(COOKIE)
    if not token:
        return NOT_SIGNED_IN
    try:
        person = await desks.ledger.look(lambda session: sessions.find(session, desks.ledger, token))
        if person is None:
            return NOT_SIGNED_IN
        if not person.may(Permission.DESK_USE):
            return NOT_ADMITTED
        seat = await desks.ledger.look(lambda session: seat_book.of_user(session, person.user_id))
    except DATABASE_AWAY:
        _log.warning("desk_not_read", exc_info=True)
        return TRY_AGAIN
    return Client(person.user_id, person.session_id, seat.id if seat else None)


async def _serve(socket: WebSocket, desks: Desks, client: Client) -> None:
    """Read in this very task, beside one writer: whichever ends ends the other."""
    writer = asyncio.create_task(_write(socket, client))
    try:
        await client.until_over(_read(socket, desks, client))
        if client.over:  # last words (`replaced`); a peer that does not take them has two seconds
            await asyncio.wait([writer], timeout=LAST_WORDS_SECONDS)
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # closed by the other side already
            await socket.close(client.close_code)


async def _write(socket: WebSocket, client: Client) -> None:
    try:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while (text := await client.take()) is not None:
                await socket.send_text(text)
    finally:
        client.end(client.close_code)  # if the browser has left, nobody need wait for what it says


async def _read(socket: WebSocket, desks: Desks, client: Client) -> None:
    """Until the browser leaves, or says more than a page would."""
    second, said, bad = client.heard_at, 0, 0
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        # `over`: a flood that has arrived already is read without a pause in which this could be broken off.
        while not client.over and (text := await _next_frame(socket)) is not None:
            client.heard_at = time.monotonic()
            if client.heard_at - second >= 1:
                second, said = client.heard_at, 0
            said += 1
            if said > MOST_A_SECOND:
                client.end(BAD_FRAMES)
            elif not await _understood(desks, client, text):
                bad += 1
                client.put(encode({"type": "error", "code": "bad_message"}))
                if bad >= MOST_BAD:
                    client.end(BAD_FRAMES)


async def _next_frame(socket: WebSocket) -> str | None:
    """What it says, "" for what is no text; None once the browser has left."""
    frame = await socket.receive()
    return None if frame["type"] == "websocket.disconnect" else frame.get("text") or ""


async def _understood(desks: Desks, client: Client, text: str) -> bool:
    """Whether it was a message; it is answered then."""
    if len(text) > MOST_CHARACTERS:
        return False
    try:
        message = from_browser.validate_json(text)
    except ValueError:  # of which pydantic's is one
        return False
    try:
        await _answer(desks, client, message)
    except DATABASE_AWAY:
        # The page comes again by itself, with growing pauses, and gets its snapshot then.
        _log.warning("desk_not_read", exc_info=True)
        client.end(TRY_AGAIN)
    return True


async def _answer(desks: Desks, client: Client, message: Hello | PopSeen | Alive) -> None:
    if isinstance(message, Hello):
        client.begin()
        if client.agent_id is None:
            client.release(encode({"type": "no_seat"}))
            return
        desk = await desks.reader.desk(client.agent_id)
        if message.since is not None and message.since == desk.position:
            client.release(encode({"type": "current", "position": desk.position}))
        else:
            client.release(encode({"type": "snapshot", "desk": desk.model_dump(mode="json", by_alias=True)}))
    elif isinstance(message, PopSeen) and client.agent_id is not None:
        desks.pops.seen(message.pop_id, client.agent_id)
