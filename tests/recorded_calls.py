"""Recorded AMI streams for tests: as the tracer saw them, and as our least-rights user would see them."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from callcenter.calls.events import LineEvent
from callcenter.calls.journeys import Journey
from callcenter.calls.ledger_json import journey_json
from callcenter.calls.machine import is_contact
from callcenter.calls.switchboard import Change, Switchboard
from callcenter.telephony.ami_events import translate

FOLDER = Path(__file__).parent / "transcripts" / "ami"
NAMES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))

READ_CLASSES = {"call", "agent", "user", "system"}
EXCLUDED = {"VarSet", "Newexten", "CEL", "RTCPSent", "RTCPReceived", "TestEvent"}

Message = dict[str, Any]


@cache
def messages(name: str) -> tuple[Message, ...]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    parsed = (json.loads(line) for line in lines)
    return tuple(message for message in parsed if "_meta" not in message)


def is_seen_by_least_rights(message: Message) -> bool:
    classes = set(message.get("Privilege", "").split(","))
    return bool(classes & READ_CLASSES) and message["Event"] not in EXCLUDED


def least_rights(name: str) -> tuple[Message, ...]:
    """What the AMI user of manager.conf gets: its read classes, less the event filters."""
    return tuple(message for message in messages(name) if is_seen_by_least_rights(message))


@cache
def events(name: str) -> tuple[LineEvent, ...]:
    return tuple(translated(messages(name)))


def translated(stream: Iterable[Message]) -> Iterator[LineEvent]:
    for message in stream:
        event = translate(message, "a")
        if event is not None:
            yield event


class Ledger:
    """The last state of each journey, as the engine's store would hold it."""

    def __init__(self) -> None:
        self.journeys: dict[str, Journey] = {}
        self.changes: list[Change] = []

    def take(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.journeys[change.journey.linkedid] = change.journey
            self.changes.append(change)

    def printed(self) -> list[dict[str, Any]]:
        return [journey_json(journey) for journey in self.journeys.values() if is_contact(journey)]


def run(stream: Iterable[LineEvent], board: Switchboard | None = None, ledger: Ledger | None = None) -> Ledger:
    board, ledger = board or Switchboard("a"), ledger or Ledger()
    for event in stream:
        ledger.take(board.apply(event))
    return ledger
