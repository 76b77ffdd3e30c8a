"""The CEL rows that the PBX of a recording would have written, made of the AMI events of the same moments.

Our PBX always writes CEL (asterisk_conf/cel.conf); thirteen recordings were made with the rows in the stream, the
others without. What Asterisk writes follows from what it told: a row for each birth, answer, end, bridge, transfer
and Queue(), and one for each word of our dialplan (`CELGenUserEvent` stands beside each UserEvent and behind
MixMonitor). That this is so is held against those recordings (tests/unit/telephony/test_rows_of_recordings.py). Left
out, since the service does not read them: LINKEDID_END, the peer, the kind of a bridge.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

Message = dict[str, Any]

#: Words of our dialplan that are CEL rows as well → the headers of which their text is made.
_WORDS = {
    "IvrStep": ("Node", "Key"),
    "QueueRefused": ("Queue", "Status"),
    "QueueLeft": ("Queue", "Status"),
    "DutyPhoneCalled": ("Queue",),
    "VoicemailLeft": (),
}
_NOT_LET_IN = ("JOINEMPTY", "JOINUNAVAIL", "FULL")
DIALPLAN = frozenset({*_WORDS, "RecordingBegan"})
#: Asterisk reads its clock anew for a row.
BEHIND_SECONDS = 0.0005
_UP = "6"
_UNKNOWN = "<unknown>"


def with_cel(stream: Iterable[Message]) -> tuple[Message, ...]:
    """The stream with a CEL event behind each event that makes a row, in place of those recorded.

    The stamp of a recorded one is when it was sent, some 1 to 60 ms after the row's own time.
    """
    told: list[Message] = []
    writer = _Writer()
    for message in stream:
        if not is_row(message):
            told += [message, *writer.rows(message)]
    return tuple(told)


def with_words(stream: Iterable[Message]) -> tuple[Message, ...]:
    """The stream with what our dialplan says of a queue that lets nobody in; older recordings lack it."""
    said = tuple(stream)
    if any(message.get("UserEvent") == "QueueRefused" for message in said):
        return said
    told: list[Message] = []
    queues: dict[str, str] = {}
    for message in said:
        told.append(message)
        line = str(message.get("Uniqueid", ""))
        if message.get("Event") == "Newexten" and message["Application"] == "Queue":
            queues[line] = message["AppData"].partition(",")[0]
        if message.get("Variable") == "QUEUESTATUS" and message["Value"] in _NOT_LET_IN:
            said_by_us = {"Event": "UserEvent", "Privilege": "user,all", "UserEvent": "QueueRefused"}
            told.append({**message, **said_by_us, "Queue": queues[line], "Status": message["Value"]})
    return tuple(told)


def is_row(message: Message) -> bool:
    return message.get("Event") == "CEL"


class _Writer:
    """What Asterisk keeps of its channels to write its rows."""

    def __init__(self) -> None:
        self._lines: dict[str, Message] = {}
        self._called: dict[str, str] = {}
        self._up: set[str] = set()
        self._queueing: dict[str, str] = {}
        self._bridges: dict[str, str] = {}
        self._sources: dict[str, str] = {}

    def rows(self, message: Message) -> Iterator[Message]:
        kind, line = str(message.get("Event")), str(message.get("Uniqueid", ""))
        if line and message.get("Channel"):
            self._lines[line] = {**self._lines.get(line, {}), **message}
        if kind == "Newexten" and message["Application"].startswith(("AppDial", "AppQueue")):
            self._called.setdefault(line, message["Application"])
        if kind in ("Newexten", "Hangup"):
            yield from self._application(kind, line, message)
        teller = getattr(self, f"_{kind.lower()}", None)
        if teller is not None:
            yield from teller(line, message) or ()

    def _row(self, name: str, line: str, message: Message, extra: dict[str, Any] | None = None) -> Message:
        shown = self._lines.get(line, message)
        text = {key: "" if shown.get(key) == _UNKNOWN else shown.get(key, "") for key in _SHOWN}
        at = f"{float(message['Timestamp']) + BEHIND_SECONDS:.6f}"
        return {
            "Event": "CEL", "Privilege": "cel,all", "Timestamp": at, "EventName": name, "Peer": "",
            "CallerIDnum": text["CallerIDNum"], "CallerIDname": text["CallerIDName"], "Exten": text["Exten"],
            "Channel": text["Channel"], "Application": "" if name == "CHAN_START" else text["Application"],
            "AppData": text["AppData"], "UniqueID": line, "LinkedID": text["Linkedid"],
            "Extra": "" if extra is None else json.dumps(extra),
        }  # fmt: skip

    def _newchannel(self, line: str, message: Message) -> Iterator[Message]:
        yield self._row("CHAN_START", line, message)
        yield from self._newstate(line, message)

    def _newstate(self, line: str, message: Message) -> Iterator[Message]:
        if message.get("ChannelState") == _UP and line not in self._up:
            self._up.add(line)
            yield self._row("ANSWER", line, message)

    def _application(self, kind: str, line: str, message: Message) -> Iterator[Message]:
        """Queue() begins, or whatever comes after it does."""
        data = self._queueing.get(line)
        now = message.get("AppData", "") if message.get("Application") == "Queue" else None
        if data is not None and (kind == "Hangup" or now != data):
            del self._queueing[line]
            yield self._row("APP_END", line, message) | {"Application": "Queue", "AppData": data}
        if now is not None and line not in self._queueing:
            self._queueing[line] = now
            yield self._row("APP_START", line, message)

    def _bridgeenter(self, line: str, message: Message) -> Iterator[Message]:
        self._bridges[line] = message["BridgeUniqueid"]
        yield self._row("BRIDGE_ENTER", line, message, {"bridge_id": message["BridgeUniqueid"]})

    def _bridgeleave(self, line: str, message: Message) -> Iterator[Message]:
        yield self._row("BRIDGE_EXIT", line, message, {"bridge_id": message["BridgeUniqueid"]})

    def _hanguprequest(self, line: str, message: Message) -> None:
        """The far end of this line hung up: source of its end, and of those who are in its bridge."""
        if message["Channel"].startswith("Local/"):
            return
        bridge = self._bridges.get(line)
        for other in {line, *(name for name, place in self._bridges.items() if bridge and place == bridge)}:
            self._sources.setdefault(other, message["Channel"])

    def _hangup(self, line: str, message: Message) -> Iterator[Message]:
        extra = {"hangupcause": int(message["Cause"]), "hangupsource": self._sources.get(line, ""), "dialstatus": ""}
        self._bridges.pop(line, None)
        over = {"Application": self._called.get(line, "")}
        yield self._row("HANGUP", line, message, extra) | over
        yield self._row("CHAN_END", line, message) | over

    def _blindtransfer(self, line: str, message: Message) -> Iterator[Message]:
        extra = {
            "extension": message["Extension"],
            "bridge_id": message["BridgeUniqueid"],
            "transferee_channel_name": message["TransfereeChannel"],
            "transferee_channel_uniqueid": message["TransfereeUniqueid"],
        }
        yield self._row("BLINDTRANSFER", message["TransfererUniqueid"], message, extra)

    def _attendedtransfer(self, line: str, message: Message) -> Iterator[Message]:
        extra = {
            "bridge1_id": message["OrigBridgeUniqueid"],
            "channel2_name": message["SecondTransfererChannel"],
            "channel2_uniqueid": message["SecondTransfererUniqueid"],
            "bridge2_id": message.get("SecondBridgeUniqueid", ""),
            "transferee_channel_name": message["TransfereeChannel"],
            "transferee_channel_uniqueid": message["TransfereeUniqueid"],
            "transfer_target_channel_name": message["TransferTargetChannel"],
            "transfer_target_channel_uniqueid": message["TransferTargetUniqueid"],
        }
        yield self._row("ATTENDEDTRANSFER", message["OrigTransfererUniqueid"], message, extra)

    def _mixmonitorstart(self, line: str, message: Message) -> Iterator[Message]:
        yield self._row("RecordingBegan", line, message, {"extra": ""})

    def _userevent(self, line: str, message: Message) -> Iterator[Message]:
        headers = _WORDS.get(message["UserEvent"])
        if headers is not None and line:
            yield self._row(message["UserEvent"], line, message, {"extra": ":".join(message[key] for key in headers)})


_SHOWN = ("CallerIDNum", "CallerIDName", "Exten", "Channel", "Application", "AppData", "Linkedid")
