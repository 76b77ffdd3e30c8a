"""Connected browsers. Each has its own bounded inbox and its own writer: a slow one is closed, never waited for."""

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

MOST_WAITING = 200
AT_ONCE = 8
"""So many browsers are told in one turn of the loop: 300 at once held it for 30 ms, and a pop behind them, whose way
is some ten turns long."""

Message = dict[str, Any]


def encode(message: Message) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str)


@dataclass(eq=False, slots=True)
class Client:
    """One browser tab. `texts` is emptied by the writer in `routes.py`; `over` tells it to close."""

    user_id: uuid.UUID
    session_id: str
    agent_id: uuid.UUID | None
    texts: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    over: asyncio.Event = field(default_factory=asyncio.Event)
    close_code: int = 1000
    live: bool = False
    """True once it has said hello: from then on it is told of changes."""
    held: list[str] | None = None
    """Changes that came while its snapshot was being read; they are sent behind it."""

    def put(self, text: str) -> None:
        if self.held is not None:
            self.held.append(text)
            return
        try:
            self.texts.put_nowait(text)
        except asyncio.QueueFull:
            self.end(1013)  # try again later: it will get a snapshot

    def begin(self) -> None:
        """Hear of changes from now on, but hold them until `release`."""
        self.live, self.held = True, self.held or []

    def release(self, first: str) -> None:
        """Send the snapshot, and behind it what changed while it was read."""
        held, self.held = self.held or [], None
        for text in (first, *held):
            self.put(text)

    def end(self, code: int) -> None:
        self.close_code = code
        self.over.set()


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
            other.end(4409)
        self._clients.add(client)
        self._of_agent[client.agent_id].add(client)
        try:
            yield
        finally:
            self._clients.discard(client)
            self._of_agent[client.agent_id].discard(client)

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
                client.end(4401)
