"""The two files in which the PBX writes what happens: CEL and queue_log, each read from its bookmark."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.foundation.transactions import Ledger
from callcenter.telephony.cel_reader import CelReader
from callcenter.telephony.gap import Stretch
from callcenter.telephony.log_file import NOWHERE, BookmarkedLog, Place
from callcenter.telephony.models import QueueLogBookmark

FindFile = Callable[[], Path | None]


@dataclass(frozen=True, slots=True)
class Ends:
    """How far each file goes."""

    cel: Place = NOWHERE
    queue_log: Place = NOWHERE


class PbxLogs:
    """The files of one PBX; each is asked for anew, None where we cannot see it."""

    def __init__(self, ledger: Ledger, pbx: str, cel_file: FindFile, queue_log: FindFile) -> None:
        self._cel_file = cel_file
        self._cel = CelReader(ledger, pbx, cel_file)
        self._queue_log = BookmarkedLog(ledger, pbx, queue_log, QueueLogBookmark)

    async def read(self) -> tuple[Stretch, Ends]:
        """What was written since the bookmarks, and where it ends."""
        told, lines = await self._cel.read(), await self._queue_log.lines()
        path = self._cel_file()
        has_cel = path is not None and path.exists()  # one look at a local file
        return Stretch(told.rows, lines.lines, has_cel), Ends(told.end, lines.end)

    async def ends(self) -> Ends:
        return Ends(await self._cel.end(), await self._queue_log.end())

    async def mark(self, ends: Ends) -> None:
        """Everything before is in the ledger."""
        await self._cel.mark(ends.cel)
        await self._queue_log.mark(ends.queue_log)
