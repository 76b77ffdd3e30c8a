"""Connected browsers. Each has its own bounded inbox and its own writer: a slow one is closed, never waited for."""

import asyncio
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

MOST_WAITING = 200
NOT_SIGNED_IN, NOT_ADMITTED, REPLACED, BAD_FRAMES, TRY_AGAIN = 4401, 4403, 4409, 1008, 1013
"""Close codes: 4401 no session, or one that has ended since (also by losing the desk's permission); 4403 another
site's page, or a role that has no desk; 4409 another tab took over; 1008 bad frames. 1013: the page shall come again
by itself and gets a snapshot then, since it was too slow or the database is away."""
AT_ONCE = 8
"""So many browsers are told in one turn of the loop: 300 at once held it for 30 ms, and a pop behind them, whose way
is some ten turns long."""

Message = dict[str, Any]


def encode(message: Message) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str)


@dataclass(eq=False, slots=True)
class Client:
    """One browser tab. There are many: it holds what it needs and no more, a list where a queue would hold 4 KB."""

    user_id: uuid.UUID
    session_id: str
    agent_id: uuid.UUID | None
    close_code: int = 1000
    over: bool = False
    """It shall close, once it has been sent what waits."""
    live: bool = False
    """True once it has said hello: from then on it is told of changes."""
    held: list[str] | None = None
    """Changes that came while its snapshot was being read; they are sent behind it."""
    heard_at: float = field(default_factory=time.monotonic)
    """When it last said anything."""
    _texts: list[str] = field(default_factory=list)
    _more: asyncio.Future[None] | None = None
    _life: asyncio.Timeout | None = None

    def put(self, text: str) -> None:
        if self.held is not None:
            self.held.append(text)
        elif len(self._texts) < MOST_WAITING:
            self._texts.append(text)
            self._wake()
        elif not self.over:
            self.end(TRY_AGAIN)

    @property
    def waiting(self) -> int:
        """So many texts are not yet taken."""
        return len(self._texts)

    async def take(self) -> str | None:
        """For the one writer: the next text to be sent, as soon as there is one; None when it is over and all is."""
        while not self._texts:
            if self.over:
                return None
            self._more = asyncio.get_running_loop().create_future()
            await self._more
        return self._texts.pop(0)

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def begin(self) -> None:
        """Hear of changes from now on, but hold them until `release`."""
        self.live, self.held = True, self.held or []

    def release(self, first: str) -> None:
        """Send the snapshot, and behind it what changed while it was read."""
        held, self.held = self.held or [], None
        for text in (first, *held):
            self.put(text)

    async def until_over(self, work: Awaitable[None]) -> None:
        """Do `work`, and break it off at `end`."""
        try:
            async with asyncio.timeout(0 if self.over else None) as self._life:
                try:
                    await work
                finally:
                    self._life = None
        except TimeoutError:
            if not self.over:
                raise

    def end(self, code: int) -> None:
        """Close with this code; with the last one, if it is said again meanwhile."""
        self.close_code = code
        if self.over:
            return
        self.over = True
        self._wake()
        if self._life is not None:
            self._life.reschedule(asyncio.get_running_loop().time())


class Hub:
    """Who is connected. One tab a person: the newest takes over and the others are told."""

    def __init__(self) -> None:
        self._clients: set[Client] = set()
        self._of_agent: defaultdict[uuid.UUID | None, set[Client]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._clients)

    @contextmanager
    def attached(self, client: Client) -> Iterator[None]:
        for other in [c for c in self._clients if c.user_id == client.user_id]:
            other.put(encode({"type": "replaced"}))
            other.end(REPLACED)
        self._clients.add(client)
        self._of_agent[client.agent_id].add(client)
        try:
            yield
        finally:
            self._clients.discard(client)
            self._of_agent[client.agent_id].discard(client)

    def connected(self) -> list[Client]:
        return list(self._clients)

    def of_agent(self, agent_id: uuid.UUID) -> list[Client]:
        return [client for client in self._of_agent.get(agent_id, ()) if client.live]

    def agents(self) -> set[uuid.UUID]:
        """Agents with a live desk."""
        return {c.agent_id for c in self._clients if c.agent_id is not None and c.live}

    def to_agent(self, agent_id: uuid.UUID, message: Message) -> bool:
        """Whether anybody was there to get it."""
        clients = self.of_agent(agent_id)
        if clients:
            text = encode(message)
            for client in clients:
                client.put(text)
        return bool(clients)

    def to_all(self, message: Message) -> None:
        """Encoded once, however many there are."""
        self.where(lambda _: True, message)

    def where(self, wanted: Callable[[Client], bool], message: Message) -> None:
        self._spread(encode(message), [client for client in self._clients if client.live and wanted(client)])

    def _spread(self, text: str, clients: list[Client]) -> None:
        for client in clients[:AT_ONCE]:
            client.put(text)
        if rest := clients[AT_ONCE:]:
            asyncio.get_running_loop().call_soon(self._spread, text, rest)

    def end_session(self, session_id: str) -> None:
        for client in self._clients:
            if client.session_id == session_id:
                client.end(NOT_SIGNED_IN)
