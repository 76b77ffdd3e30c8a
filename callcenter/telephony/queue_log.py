"""Lines of the PBX's queue_log → visits of its queues. Pure; never raises for what stands in a line.

The file is text with `|` between its columns and whole seconds as stamps; nothing in it is quoted. A caller's number
stands in ENTERQUEUE as it was sent, so a `|` in it moves columns and a line break makes a line of its own: the
position is therefore read from the end, and of what follows a torn row nothing is believed up to its own end. A
number that is made to look like whole rows cannot be told from rows; where CEL is there, only lines of calls that
it or the ledger knows are taken (`gap.py`), so such a number can at worst spoil names and positions.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

ID_LENGTH, TEXT_LENGTH = 150, 80  # as in ami_events
LONGEST_LINE = 2000
MOST_POSITION = 10_000
MOST_TORN_LINES = 40
#: A stamp is the second in which it happened; what happened in it can be that much later.
SECOND = timedelta(milliseconds=999)

_LINE_ID = re.compile(r"[\w-]*\d+\.\d+")
_ENDS_TORN = re.compile(rb"\|\d{1,5}$")
_VERB = re.compile(r"[A-Z]+")
_ENDS = frozenset({"ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY", "WITHDRAW"})
_TALKED = {
    "COMPLETEAGENT": "agent",
    "COMPLETECALLER": "caller",
    "BLINDTRANSFER": "transfer",
    "ATTENDEDTRANSFER": "transfer",
}
_RINGS = frozenset({"RINGNOANSWER", "RINGCANCELED"})


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line. `at` = begin of its second, aware UTC; `line` the caller's uniqueid; `member` the member's name."""

    at: datetime
    line: str
    queue: str
    member: str
    verb: str
    columns: tuple[str, ...]

    def number(self, index: int) -> int | None:
        """A column as a number; None if there is none."""
        value = self.columns[index] if -len(self.columns) <= index < len(self.columns) else ""
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring that was not answered. `ended_at` to the second."""

    member: str
    ended_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Connection:
    """A member took the caller; `line` is the member's uniqueid."""

    member: str
    line: str
    at: datetime
    ring_seconds: int


@dataclass(slots=True)
class LoggedVisit:
    """One stay in a queue. `position` at joining, 0 if not told; `end` is the verb that ended it, or empty."""

    line: str
    queue: str
    joined_at: datetime
    number: str = ""
    position: int = 0
    rings: list[Ring] = field(default_factory=list)
    connection: Connection | None = None
    end: str = ""
    left_at: datetime | None = None
    talk_ended_at: datetime | None = None
    talk_ended_by: str = ""


def parse(line: bytes) -> QueueRow | None:
    """A row about a caller; None for all others and for what is no row."""
    if len(line) > LONGEST_LINE:
        return None
    parts = line.decode("utf-8", "replace").split("|")
    if len(parts) < 5 or not _VERB.fullmatch(parts[4]) or not _LINE_ID.fullmatch(parts[1][:ID_LENGTH]):
        return None
    at = _stamp(parts[0])
    if at is None or len(parts[1]) > ID_LENGTH:
        return None
    return QueueRow(at, parts[1], _clean(parts[2]), _clean(parts[3]), parts[4], tuple(map(_clean, parts[5:])))


def _stamp(value: str) -> datetime | None:
    if not (value.isascii() and value.isdigit() and len(value) == 10):
        return None
    return datetime.fromtimestamp(int(value), UTC)


def _clean(value: str) -> str:
    return "".join(char for char in value[:TEXT_LENGTH] if char.isprintable())


def rows_of(lines: Iterable[bytes]) -> list[QueueRow]:
    """The rows about callers that can be believed."""
    rows: list[QueueRow] = []
    torn = 0  # so many lines may still be the rest of a row that a line break in the caller's number has torn
    for line in lines:
        row = parse(line)
        if row is not None and _is_torn(row):
            torn = MOST_TORN_LINES
        elif torn:
            # Whatever stands before the `|position` that ends the torn row came from the caller as well.
            torn = 0 if row is None and _ENDS_TORN.search(line) else torn - 1
        elif row is not None:
            rows.append(row)
    return rows


def _is_torn(row: QueueRow) -> bool:
    return row.verb == "ENTERQUEUE" and (len(row.columns) < 3 or row.number(-1) is None)


def visits_of(rows: Iterable[QueueRow]) -> dict[str, list[LoggedVisit]]:
    """Visits by the caller's line, in the order of the file; one that began earlier is told from its end."""
    visits: dict[str, list[LoggedVisit]] = {}
    for row in rows:
        own = visits.setdefault(row.line, [])
        if row.verb == "ENTERQUEUE":
            number = "|".join(row.columns[1:-1])[:TEXT_LENGTH]
            own.append(LoggedVisit(row.line, row.queue, row.at, number, _position(row, -1)))
            continue
        teller = _TELLERS.get(row.verb)
        if teller is not None:
            visit = _running(own, row)
            teller(visit, row)
    return {line: own for line, own in visits.items() if own}


def _running(own: list[LoggedVisit], row: QueueRow) -> LoggedVisit:
    if own and own[-1].queue == row.queue and not own[-1].end:
        return own[-1]
    own.append(LoggedVisit(row.line, row.queue, row.at))  # it began before the first row
    return own[-1]


def _position(row: QueueRow, index: int) -> int:
    found = row.number(index)
    return found if found is not None and found <= MOST_POSITION else 0


def _ended(visit: LoggedVisit, row: QueueRow) -> None:
    # …|position|position at joining|seconds waited, and for WITHDRAW what was said to it
    waited = -1 if row.verb != "WITHDRAW" else 2
    visit.end, visit.left_at = row.verb, row.at
    visit.position = visit.position or _position(row, waited - 1)
    seconds = row.number(waited)
    if visit.joined_at == row.at and seconds is not None:
        visit.joined_at = row.at - timedelta(seconds=min(seconds, 86_400))


def _connected(visit: LoggedVisit, row: QueueRow) -> None:
    line = row.columns[1] if len(row.columns) > 1 else ""
    if visit.connection is None and _LINE_ID.fullmatch(line):
        visit.connection = Connection(row.member, line, row.at, min(row.number(2) or 0, 3600))
        visit.left_at = row.at


def _talked(visit: LoggedVisit, row: QueueRow) -> None:
    visit.end, visit.talk_ended_at, visit.talk_ended_by = row.verb, row.at, _TALKED[row.verb]
    if row.verb.startswith("COMPLETE"):
        visit.position = visit.position or _position(row, 2)


def _rang(visit: LoggedVisit, row: QueueRow) -> None:
    visit.rings.append(Ring(row.member, row.at, min(row.number(0) or 0, 3_600_000) / 1000))


_TELLERS = {
    **dict.fromkeys(_ENDS, _ended),
    **dict.fromkeys(_TALKED, _talked),
    **dict.fromkeys(_RINGS, _rang),
    "CONNECT": _connected,
}
