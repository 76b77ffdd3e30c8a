"""An AMI server, byte by byte: it greets, answers what a test tells it to, and misbehaves on command."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

BANNER = b"Asterisk Call Manager/11.0.0\r\n"

Headers = dict[str, str]


def message(headers: Headers) -> bytes:
    """One message as Asterisk writes it."""
    return "".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode() + b"\r\n"


@dataclass
class Picture:
    """What this PBX shows when it is asked."""

    channels: list[Headers] = field(default_factory=list)
    entries: list[Headers] = field(default_factory=list)
    members: dict[tuple[str, str], Headers] = field(default_factory=dict)
    devices: list[Headers] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


class Connection:
    """One client. `actions` are in the order of their coming."""

    def __init__(self, server: "FakeAmi", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.actions: list[Headers] = []

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def event(self, name: str, **headers: str) -> None:
        self.send(message({"Event": name, **headers}))

    def answer(self, action: Headers, response: str = "Success", **headers: str) -> None:
        self.send(message({"Response": response, "ActionID": action["ActionID"], **headers}))

    def listing(self, action: Headers, name: str, rows: list[tuple[str, Headers]]) -> None:
        """The answer, its rows and its end."""
        self.answer(action, EventList="start")
        for event, row in rows:
            self.send(message({"Event": event, "ActionID": action["ActionID"], **row}))
        self.send(message({"Event": f"{name}Complete", "ActionID": action["ActionID"], "EventList": "Complete"}))

    def cut(self) -> None:
        self.writer.transport.abort()

    async def serve(self) -> None:
        self.send(self.server.banner)
        while True:
            try:
                raw = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            action = dict(line.split(": ", 1) for line in raw.decode().split("\r\n") if ": " in line)
            self.actions.append(action)
            self.server.actions.append(action)
            await self.server.react(self, action)


Reaction = Callable[[Connection, Headers], Awaitable[None] | None]


class FakeAmi:
    """`reactions`: action name → what to do instead of the usual answer. `cut_at`: connection ends at that action."""

    def __init__(self) -> None:
        self.banner = BANNER
        self.picture = Picture()
        self.actions: list[Headers] = []
        self.connections: list[Connection] = []
        self.reactions: dict[str, Reaction] = {}
        self.cut_at: str | None = None
        self.secret = "secret"
        self.port = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self.connections:
            connection.cut()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        self.connections.append(connection)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        await connection.serve()
        writer.close()

    @property
    def connection(self) -> Connection:
        """The newest."""
        return self.connections[-1]

    def sent(self, name: str) -> list[Headers]:
        return [action for action in self.actions if action["Action"] == name]

    async def react(self, connection: Connection, action: Headers) -> None:
        name = action["Action"]
        if name == self.cut_at:
            self.cut_at = None
            connection.cut()
            return
        reaction = self.reactions.get(name) or getattr(self, f"_{name.lower()}", None)
        if reaction is None:
            connection.answer(action)
            return
        waiting = reaction(connection, action)
        if waiting is not None:
            await waiting

    # ---- the usual answers ----

    def _login(self, connection: Connection, action: Headers) -> None:
        if action["Secret"] == self.secret:
            connection.answer(action, Message="Authentication accepted")
            connection.event("FullyBooted", Uptime="100")
        else:
            connection.answer(action, "Error", Message="Authentication failed")

    def _getvar(self, connection: Connection, action: Headers) -> None:
        value = self.picture.variables.get(action["Variable"], "")
        connection.answer(action, Variable=action["Variable"], Value=value)

    def _setvar(self, connection: Connection, action: Headers) -> None:
        self.picture.variables[action["Variable"]] = action["Value"]
        connection.answer(action)

    def _userevent(self, connection: Connection, action: Headers) -> None:
        connection.answer(action)
        connection.event("UserEvent", UserEvent=action["UserEvent"], Run=action.get("Run", ""))

    def _coreshowchannels(self, connection: Connection, action: Headers) -> None:
        rows = [("CoreShowChannel", row) for row in self.picture.channels]
        connection.listing(action, "CoreShowChannels", rows)

    def _queuestatus(self, connection: Connection, action: Headers) -> None:
        rows = [("QueueMember", row) for row in self.picture.members.values()]
        rows += [("QueueEntry", row) for row in self.picture.entries]
        connection.listing(action, "QueueStatus", rows)

    def _devicestatelist(self, connection: Connection, action: Headers) -> None:
        connection.listing(action, "DeviceStateList", [("DeviceStateChange", row) for row in self.picture.devices])

    def _queueadd(self, connection: Connection, action: Headers) -> None:
        key = action["Queue"], action["Interface"]
        self.picture.members[key] = {
            "Queue": action["Queue"],
            "Name": action["MemberName"],
            "Location": action["Interface"],
            "StateInterface": action["Interface"],
            "Penalty": action["Penalty"],
            "Paused": "1" if action["Paused"] == "true" else "0",
            "PausedReason": action.get("Reason", ""),
            "Status": "1",
        }
        connection.answer(action, Message="Added interface to queue")
        self._tell_member(connection, "QueueMemberAdded", key)

    def _queuepause(self, connection: Connection, action: Headers) -> None:
        key = action["Queue"], action["Interface"]
        paused = action["Paused"] == "true"
        self.picture.members[key] |= {
            "Paused": "1" if paused else "0",
            "PausedReason": action.get("Reason", "") if paused else "",
        }
        connection.answer(action)
        self._tell_member(connection, "QueueMemberPause", key)

    def _queuepenalty(self, connection: Connection, action: Headers) -> None:
        key = action["Queue"], action["Interface"]
        self.picture.members[key]["Penalty"] = action["Penalty"]
        connection.answer(action)
        self._tell_member(connection, "QueueMemberPenalty", key)

    def _queueremove(self, connection: Connection, action: Headers) -> None:
        key = action["Queue"], action["Interface"]
        if key not in self.picture.members:
            connection.answer(action, "Error", Message="Unable to remove interface: Not there")
            return
        connection.answer(action)
        self._tell_member(connection, "QueueMemberRemoved", key)
        del self.picture.members[key]

    def _tell_member(self, connection: Connection, event: str, key: tuple[str, str]) -> None:
        row = self.picture.members[key]
        told = {"MemberName": row["Name"], "Interface": row["Location"]}
        connection.event(event, **{k: v for k, v in row.items() if k not in ("Name", "Location")}, **told)
