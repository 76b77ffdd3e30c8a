"""One recorded call said again and again: other lines, another agent, another household, the time of saying."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from callcenter.bench.agents import QUEUE
from callcenter.bench.errors import BenchFailed
from callcenter.bench.recordings import FOLDER, Message, read

RECORDING = "normal-caller-hangs-up.jsonl"
PBX = "pbx"
_GAP_SECONDS = 0.2
_READ_CLASSES = {"call", "agent", "user", "system"}
_FILTERED = {
    "VarSet",
    "Newexten",
    "CEL",
    "RTCPSent",
    "RTCPReceived",
    "TestEvent",
    "QueueMemberAdded",
    "QueueMemberRemoved",
}


@dataclass(frozen=True, slots=True)
class Block:
    """Events that came together, `after` seconds from the begin of the call."""

    after: float
    messages: tuple[Message, ...]
    rings: bool


class ScriptedCalls:
    """The recorded call, cut where the PBX paused. `say` fills it in for one call."""

    def __init__(self, path: Path = FOLDER / RECORDING) -> None:
        if not path.is_file():
            raise BenchFailed("there are no recorded streams here; run it in a checkout of the project")
        heard = [message for message in read(path) if _is_ours(message)]
        self.blocks = tuple(_blocks(heard))
        lines = [message["Uniqueid"] for message in heard if message["Event"] == "Newchannel"]
        self._caller_line, self._agent_line = lines
        self._caller = next(m["CallerIDNum"] for m in heard if m["Event"] == "Newchannel")

    def say(self, block: Block, *, call: int, seat: str, household: str, born: int, now: datetime) -> list[Message]:
        """The block's events for call number `call`; `born` is the epoch second in its lines' names."""
        words = {
            self._caller_line: f"{PBX}-{born}.{2 * call}",
            self._agent_line: f"{PBX}-{born}.{2 * call + 1}",
            self._caller: household,
        }
        stamp = f"{now.timestamp():.6f}"
        return [
            {name: _said(name, value, words, call, seat, stamp) for name, value in message.items()}
            for message in block.messages
        ]


def _said(name: str, value: Any, words: dict[str, str], call: int, seat: str, stamp: str) -> Any:
    if name == "Timestamp":
        return stamp
    if name == "Queue":
        return QUEUE
    if name == "SystemName":
        return PBX
    if name == "BridgeUniqueid":
        return f"{value[:-8]}{call:08x}"
    if name == "MemberName":
        return seat
    if value in words:
        return words[value]
    if isinstance(value, str) and value.startswith("PJSIP/"):
        return _device(value, call, seat)
    return value


def _device(value: str, call: int, seat: str) -> str:
    name, dash, _ = value.removeprefix("PJSIP/").partition("-")
    return f"PJSIP/{name if name == 'trunk' else seat}" + (f"-{call:08x}" if dash else "")


def _is_ours(message: Message) -> bool:
    """What the service's AMI user gets: its read classes, less the event filters."""
    return bool(set(message.get("Privilege", "").split(",")) & _READ_CLASSES) and message["Event"] not in _FILTERED


def _blocks(heard: list[Message]) -> Iterator[Block]:
    began = last = float(heard[0]["Timestamp"])
    together: list[Message] = []
    first = began
    for message in heard:
        at = float(message["Timestamp"])
        if at - last > _GAP_SECONDS:
            yield _block(first - began, together)
            together, first = [], at
        together.append(message)
        last = at
    yield _block(first - began, together)


def _block(after: float, messages: list[Message]) -> Block:
    return Block(after, tuple(messages), any(message["Event"] == "AgentCalled" for message in messages))
