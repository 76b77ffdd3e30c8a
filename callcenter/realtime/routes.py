"""The websocket: who may come in, what is read from it, and the one writer per browser."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from callcenter.agents import seat_book
from callcenter.auth import origins, sessions
from callcenter.auth.dependencies import COOKIE
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.foundation import logs
from callcenter.foundation.database import DATABASE_AWAY
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger
from callcenter.realtime.desk import DeskReader
from callcenter.realtime.hub import Client, Hub, encode
from callcenter.realtime.messages import Alive, Hello, PopSeen, from_browser
from callcenter.realtime.screen_pop import ScreenPops

NOT_ADMITTED, NOT_SIGNED_IN, TRY_AGAIN = 4403, 4401, 1013
"""Close codes: 4403 another site's page, or a role that has no desk; 4401 no session, or one that has ended since
(also by losing the desk's permission). 1013: the page shall come again by itself, since it was too slow or
the database is away. Besides: 4409 another tab took over, 1008 bad frames."""
CHECK_SECONDS = 30.0
"""How long a session may be over, or a role taken away, before its open desk closes."""
MOST_CHARACTERS = 16_384
MOST_BAD = 5
MOST_A_SECOND = 20
"""A page says a handful of things a minute; each may cost the database something."""
SILENT_SECONDS = 45.0
"""A browser says `alive` every 10 s; one that is silent for longer is gone, whatever TCP thinks."""

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
        self.check_seconds = CHECK_SECONDS


@router.websocket("/ws")
async def desk_socket(socket: WebSocket) -> None:
    desks = cast(Desks, socket.app.state.desks)
    if not origins.is_ours(socket, desks.settings, required=True):
        await _refuse(socket, NOT_ADMITTED)
        return
    try:
        person = await _person(socket, desks.ledger)
        seat = await desks.ledger.look(lambda session: seat_book.of_user(session, person.user_id)) if person else None
    except DATABASE_AWAY:
        _log.warning("desk_not_read", exc_info=True)
        await _refuse(socket, TRY_AGAIN)
        return
    if person is None:
        await _refuse(socket, NOT_SIGNED_IN)
        return
    if not person.may(Permission.DESK_USE):
        await _refuse(socket, NOT_ADMITTED)
        return
    await socket.accept()
    client = Client(person.user_id, person.session_id, seat.id if seat else None)
    with desks.hub.attached(client):
        await _serve(socket, desks, client, person)


async def _refuse(socket: WebSocket, code: int) -> None:
    """A browser can read a close code only of a socket that was open."""
    await socket.accept()
    await socket.close(code)


async def _person(socket: WebSocket, ledger: Ledger) -> SignedIn | None:
    token = socket.cookies.get(COOKIE)
    if not token:
        return None
    return await ledger.look(lambda session: sessions.find(session, ledger, token))


async def _serve(socket: WebSocket, desks: Desks, client: Client, person: SignedIn) -> None:
    jobs = [
        asyncio.create_task(_write(socket, client)),
        asyncio.create_task(_read(socket, desks, client, person)),
        asyncio.create_task(_watch_rights(socket, desks, client)),
        asyncio.create_task(client.over.wait()),
    ]
    try:
        await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        if client.over.is_set():
            await _empty(socket, client)
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # closed by the other side already
            await socket.close(client.close_code)


async def _watch_rights(socket: WebSocket, desks: Desks, client: Client) -> None:
    """Until cancelled: close the desk soon after its session has ended or its permission was taken away."""
    while True:
        await asyncio.sleep(desks.check_seconds)
        try:
            person = await _person(socket, desks.ledger)
        except Exception:
            # The database is away: that must not close every desk at once; the next look decides.
            _log.exception("rights_not_checked")
            continue
        if person is None or not person.may(Permission.DESK_USE):
            client.end(NOT_SIGNED_IN)
            return


async def _empty(socket: WebSocket, client: Client) -> None:
    """Last words (`replaced`) before closing; a peer that does not take them has two seconds."""
    with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(2):
            while not client.texts.empty():
                await socket.send_text(client.texts.get_nowait())


async def _write(socket: WebSocket, client: Client) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.send_text(await client.texts.get())


async def _frames(socket: WebSocket, client: Client) -> AsyncIterator[str]:
    """Until the browser leaves, or says more than a page would: that ends it with 1008."""
    now = asyncio.get_running_loop().time
    second, said = now(), 0
    while True:
        async with asyncio.timeout(SILENT_SECONDS):
            frame = await socket.receive()
        if frame["type"] == "websocket.disconnect":
            return
        if now() - second >= 1:
            second, said = now(), 0
        said += 1
        if said > MOST_A_SECOND:
            client.end(1008)
            return
        yield frame.get("text") or ""


async def _read(socket: WebSocket, desks: Desks, client: Client, person: SignedIn) -> None:
    bad = 0
    with contextlib.suppress(WebSocketDisconnect, TimeoutError, RuntimeError):
        async for text in _frames(socket, client):
            try:
                if len(text) > MOST_CHARACTERS:
                    raise ValueError("too long")
                message = from_browser.validate_json(text)
            except (ValidationError, ValueError):
                bad += 1
                client.put(encode({"type": "error", "code": "bad_message"}))
                if bad >= MOST_BAD:
                    client.end(1008)
                    return
                continue
            try:
                await _answer(desks, client, person, message)
            except DATABASE_AWAY:
                # The page comes again by itself, with growing pauses, and gets its snapshot then.
                _log.warning("desk_not_read", exc_info=True)
                client.end(TRY_AGAIN)
                return


async def _answer(desks: Desks, client: Client, person: SignedIn, message: Hello | PopSeen | Alive) -> None:
    if isinstance(message, Hello):
        client.begin()
        if client.agent_id is None:
            client.release(encode({"type": "no_seat"}))
            return
        desk = await desks.reader.desk(client.agent_id, person)
        if message.since is not None and message.since == desk.position:
            client.release(encode({"type": "current", "position": desk.position}))
        else:
            client.release(encode({"type": "snapshot", "desk": desk.model_dump(mode="json", by_alias=True)}))
    elif isinstance(message, PopSeen) and client.agent_id is not None:
        desks.pops.seen(message.pop_id, client.agent_id)
