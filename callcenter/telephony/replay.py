"""Recorded AMI events through the same translation and engine: no PBX, no database.

A recording is JSON lines, one event each, with the headers as received; a line with `_meta` describes the recording,
`_t` is the recorder's own clock and not used. Garbage is counted, never fatal.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcenter.calls.journeys import Journey
from callcenter.calls.machine import is_contact
from callcenter.calls.switchboard import Switchboard
from callcenter.telephony.ami_events import system_name, translate


@dataclass(slots=True)
class Replay:
    """What came out. `journeys` in the order of their begin; lines that are no JSON object count as garbage."""

    journeys: list[Journey] = field(default_factory=list)
    messages: int = 0
    garbage: int = 0


def replay(paths: Iterable[Path]) -> Replay:
    """Read the recordings as one stream. Raises OSError if a file cannot be read."""
    result = Replay()
    return replay_messages(_messages(paths, result), result)


def replay_messages(messages: Iterable[dict[str, Any]], result: Replay | None = None) -> Replay:
    """The same for messages that are in memory already."""
    result = result or Replay()
    boards: dict[str, Switchboard] = {}
    journeys: dict[tuple[str, str], Journey] = {}
    for message in messages:
        result.messages += 1
        pbx = system_name(message)
        event = translate(message, pbx)
        if event is None:
            continue
        board = boards.get(pbx) or boards.setdefault(pbx, Switchboard(pbx))
        for change in board.apply(event):
            journeys[(pbx, change.journey.linkedid)] = change.journey
        # changes come with facts only; an open journey's last state is asked for at the end
    for board in boards.values():
        journeys.update({(board.pbx, journey.linkedid): journey for journey in board.open_journeys()})
    kept = [journey for journey in journeys.values() if is_contact(journey)]
    result.journeys = sorted(kept, key=lambda journey: (str(journey.started_at), journey.linkedid))
    return result


def _messages(paths: Iterable[Path], result: Replay) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if not line.strip():
                    continue
                message = _parse(line)
                if message is None:
                    result.garbage += 1
                elif "_meta" not in message:
                    yield message


def _parse(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
