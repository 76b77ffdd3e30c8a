"""The AMI side of a PBX: greets, takes sign-ins and actions, answers what recovery asks, and says what it is told to.

It keeps book of the lines and members of what it said, so that a sweep finds what it expects.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from callcenter.bench.recordings import encode
from callcenter.pbx.description import Instance, write_description
from callcenter.pbx.layout import InstanceLayout

GREETING = b"Asterisk Call Manager/9.0.0\r\n"
_LISTS = {
    "CoreShowChannels": "CoreShowChannelsComplete",
    "QueueStatus": "QueueStatusComplete",
    "DeviceStateList": "DeviceStateListComplete",
}

_MEMBER_HAS = ("Penalty", "Paused", "PausedReason")

Headers = Mapping[str, Any]


def describe(folder: Path, name: str, port: int) -> None:
    """As if a PBX of that name had been started in that state folder, with its AMI at `port`."""
    layout, host = InstanceLayout(folder.resolve() / "pbx" / name), "127.0.0.1"
    layout.home.mkdir(parents=True)
    write_description(
        Instance(
            name=name,
            pid_file=layout.pid_file,
            sip_host=host,
            sip_port=0,
            ami_host=host,
            ami_port=port,
            ami_user="bench",
            ami_secret="bench",  # noqa: S106 - the fake PBX takes anybody
            ami_system_user="bench",
            ami_system_secret="bench",  # noqa: S106
            http_port=0,
            agi_port=0,
            carrier_host=host,
            carrier_port=0,
            rtp_start=0,
            rtp_end=0,
            monitor_dir=layout.monitor,
            log_dir=layout.log,
            version="bench",
            program=(),
        )
    )


class FakePbx:
    """`async with FakePbx() as pbx:` listens on a free port of 127.0.0.1."""

    def __init__(self, devices: Sequence[str] = ()) -> None:
        """`devices`: the registered telephones, as `PJSIP/1001`."""
        self.port = 0
        self.life = ""
        self.lines: dict[str, dict[str, Any]] = {}
        self.members: dict[tuple[str, str], Headers] = {}
        self.waiting: dict[str, Headers] = {}
        self._devices = devices
        self._writers: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "FakePbx":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    def say(self, messages: Iterable[Headers]) -> None:
        """Send these events to whoever is connected, in one write."""
        self._tell(b"".join(encode(self._noted(message)) for message in messages))

    def _tell(self, block: bytes) -> None:
        for writer in self._writers:
            writer.write(block)

    def _noted(self, message: Headers) -> Headers:
        """The event as it is to be said: a member's status tells of the pause that the member has by now."""
        if message["Event"] != "QueueMemberStatus":
            self._note(message)
            return message
        member = self.members.get((message["Queue"], message["Interface"]), {})
        return {**message, **{name: member[name] for name in _MEMBER_HAS if name in member}}

    def _note(self, message: Headers) -> None:
        uniqueid, event = message.get("Uniqueid", ""), message["Event"]
        if event == "Newchannel":
            self.lines[uniqueid] = {k: v for k, v in message.items() if k not in ("Event", "Privilege")}
        elif event == "Hangup":
            self.lines.pop(uniqueid, None)
            self.waiting.pop(uniqueid, None)
        elif event == "QueueCallerJoin":
            kept = ("Queue", "Position", "Channel", "Uniqueid", "CallerIDNum", "CallerIDName")
            self.waiting[uniqueid] = {name: message[name] for name in kept if name in message} | {"Wait": "0"}
        elif event == "QueueCallerLeave":
            self.waiting.pop(uniqueid, None)
        elif uniqueid in self.lines:
            bridge = {"BridgeEnter": message.get("BridgeUniqueid", ""), "BridgeLeave": ""}
            state = {"Newstate": message.get("ChannelState", "")}
            self.lines[uniqueid]["BridgeId"] = bridge.get(event, self.lines[uniqueid].get("BridgeId", ""))
            self.lines[uniqueid]["ChannelState"] = state.get(event, self.lines[uniqueid]["ChannelState"])

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.add(asyncio.get_running_loop().create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        self._writers.add(writer)
        try:
            while block := await reader.readuntil(b"\r\n\r\n"):
                action = dict(line.split(": ", 1) for line in block.decode().splitlines() if ": " in line)
                writer.write(self._answer(action))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, action: dict[str, str]) -> bytes:
        name, of = action["Action"], {"ActionID": action.get("ActionID", "")}
        done: dict[str, Any] = {"Response": "Success", **of}
        if name in _LISTS:
            rows = [encode({**row, **of}) for row in self._rows(name)]
            end = {"Event": _LISTS[name], **of, "EventList": "Complete", "ListItems": len(rows)}
            return b"".join([encode({**done, "EventList": "start"}), *rows, encode(end)])
        if name == "Getvar":
            done |= {"Variable": action["Variable"], "Value": self.life}
        elif name == "Setvar":
            self.life = action["Value"]
        elif name == "QueueAdd":
            self._add(action)
        elif name == "QueuePause":
            self._pause(action)
        elif name == "UserEvent":
            said = {"Event": "UserEvent", "UserEvent": action["UserEvent"], "Run": action.get("Run", "")}
            return encode(done) + encode(said)
        return encode(done)

    def _rows(self, name: str) -> Iterable[Headers]:
        if name == "CoreShowChannels":
            return [{"Event": "CoreShowChannel", **line} for line in self.lines.values()]
        if name == "QueueStatus":
            members = [{"Event": "QueueMember", **member} for member in self.members.values()]
            return [*members, *({"Event": "QueueEntry", **entry} for entry in self.waiting.values())]
        if name == "DeviceStateList":
            return [
                {"Event": "DeviceStateChange", "Device": device, "State": "NOT_INUSE"} for device in self._devices
            ]
        return []

    def _add(self, action: dict[str, str]) -> None:
        paused = "1" if action["Paused"] == "true" else "0"
        self.members[action["Queue"], action["Interface"]] = {
            "Queue": action["Queue"],
            "Name": action["MemberName"],
            "Location": action["Interface"],
            "StateInterface": action["Interface"],
            "Penalty": action["Penalty"],
            "Paused": paused,
            "PausedReason": action["Reason"] if isinstance(action.get("Reason"), str) else "",
        }

    def _pause(self, action: dict[str, str]) -> None:
        key = (action["Queue"], action["Interface"])
        if (member := self.members.get(key)) is None:
            return
        paused = "1" if action["Paused"] == "true" else "0"
        self.members[key] = {**member, "Paused": paused, "PausedReason": action.get("Reason", "")}
        said = {"Event": "QueueMemberPause", "Queue": key[0], "Interface": key[1], "MemberName": member["Name"]}
        self._tell(encode({**said, **{name: self.members[key][name] for name in _MEMBER_HAS}}))
