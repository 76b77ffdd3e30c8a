"""What the PBX knows at a moment of a recording: its lists as it would answer them, and its CEL file.

The truth is read from all that the tracer saw, also from messages that the service's own user never gets.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Message = dict[str, Any]

#: Prefixes under which one message may name several lines.
_PREFIXES = ("", "Dest", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer", "TransferTarget")
_DOWN = "0"


def stamp(message: Message) -> datetime | None:
    """The PBX's own time stamp."""
    value = message.get("Timestamp")
    return datetime.fromtimestamp(float(value), UTC) if value else None


@dataclass
class Channel:
    """A live channel."""

    born: datetime
    headers: dict[str, str]


@dataclass
class PbxTruth:
    """Feed it a recording's messages in order; ask it what a PBX would answer then."""

    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    channels: dict[str, Channel] = field(default_factory=dict)
    waits: dict[str, tuple[datetime, dict[str, str]]] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    cel: list[str] = field(default_factory=list)
    """Lines of cel-custom/Master.csv."""

    def hear(self, message: Message) -> None:
        if message.get("Event") != "CEL":  # a row's stamp is a moment later than that of its event
            self.now = max(self.now, stamp(message) or self.now)
        name, uniqueid = str(message.get("Event", "")), str(message.get("Uniqueid", ""))
        channel = self.channels.get(uniqueid)
        if name == "Newchannel":
            self._born(message)
        elif name == "Hangup":
            self.channels.pop(uniqueid, None)
            self.waits.pop(uniqueid, None)
        elif name == "QueueCallerJoin":
            self.waits[uniqueid] = (self.now, message)
        elif name in ("QueueCallerLeave", "QueueCallerAbandon"):
            self.waits.pop(uniqueid, None)
        elif name == "DeviceStateChange":
            self.devices[message["Device"]] = message["State"]
        elif name == "CEL":
            self.hear_cel([message])
        elif channel is not None:
            self._changed(channel, name, message)
        self._names(message)

    def hear_cel(self, rows: Iterable[Message]) -> None:
        """These rows are written."""
        for row in rows:
            if (line := cel_line(row)) not in self.cel:
                self.cel.append(line)

    def _born(self, message: Message) -> None:
        kept = {key: str(message.get(key, "")) for key in _SHOWN}
        self.channels[message["Uniqueid"]] = Channel(self.now, kept | {"Application": "", "BridgeId": ""})

    def _changed(self, channel: Channel, name: str, message: Message) -> None:
        if name == "BridgeEnter":
            channel.headers["BridgeId"] = message["BridgeUniqueid"]
        elif name == "BridgeLeave" and channel.headers["BridgeId"] == message["BridgeUniqueid"]:
            channel.headers["BridgeId"] = ""
        elif name == "Newexten":
            place = {"Context": message["Context"], "Exten": message["Extension"]}
            channel.headers |= {"Application": message["Application"], **place}

    def _names(self, message: Message) -> None:
        """Every message about a line shows its name of the call, number and state as they are by then."""
        for prefix in _PREFIXES:
            channel = self.channels.get(str(message.get(prefix + "Uniqueid", "")))
            for key in ("Linkedid", "ChannelState", "CallerIDNum", "CallerIDName") if channel else ():
                if value := message.get(prefix + key):
                    assert channel is not None
                    channel.headers[key] = str(value)

    # ---- what it answers ----

    def core_show_channels(self) -> list[Message]:
        """Whole seconds are all that this list gives."""
        return [
            {"Event": "CoreShowChannel", **channel.headers, "Duration": _duration(self.now - channel.born)}
            for channel in self.channels.values()
        ]

    def queue_status(self) -> list[Message]:
        """The callers who wait; members are left to those who test them."""
        by_queue: dict[str, int] = {}
        rows: list[Message] = []
        for joined, message in self.waits.values():
            queue = message["Queue"]
            by_queue[queue] = by_queue.get(queue, 0) + 1
            kept = {key: message.get(key, "") for key in ("Queue", "Channel", "Uniqueid", "CallerIDNum")}
            wait = str(int((self.now - joined).total_seconds()))
            rows.append({"Event": "QueueEntry", **kept, "Position": str(by_queue[queue]), "Wait": wait})
        return rows

    def device_states(self) -> list[Message]:
        return [{"Event": "DeviceStateChange", "Device": d, "State": s} for d, s in self.devices.items()]


_SHOWN = ("Channel", "ChannelState", "CallerIDNum", "CallerIDName", "Context", "Exten", "Uniqueid", "Linkedid")


def _duration(since: timedelta) -> str:
    seconds = int(since.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


_CEL_COLUMNS = (
    "EventName", "Timestamp", "CallerIDnum", "Exten", "Channel", "Application", "UniqueID", "LinkedID", "Peer",
    "Extra", "AppData", "CallerIDname",
)  # fmt: skip


def cel_line(message: Message) -> str:
    """The row that cel_custom.conf writes for what cel_manager told in this message."""
    out = io.StringIO()
    values = [str(message.get(column, "")) for column in _CEL_COLUMNS]
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(values)
    return out.getvalue()


def moments(stream: tuple[Message, ...]) -> Iterator[tuple[int, datetime]]:
    """Place and PBX time of each message that has one."""
    for n, message in enumerate(stream):
        at = stamp(message)
        if at is not None:
            yield n, at
