"""The rows of the PBX's CEL file (`log/cel-custom/Master.csv`): what happened while nobody listened."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from callcenter.calls.models import CelBookmark
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.log_file import MOST_BYTES, NOWHERE, BookmarkedLog, Place, end_of, lines_since

__all__ = ["NOWHERE", "CelReader", "Place", "Row", "Told", "end_of", "read_since"]

FEWEST_COLUMNS = 10

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Complete rows since the bookmark, and where they end."""

    rows: list[Row]
    end: Place


def read_since(path: Path, place: Place, most: int = MOST_BYTES) -> Told:
    """All complete rows behind `place`. Never raises for what stands in the file or for a file that is away."""
    written = lines_since(path, place, most)
    return Told(list(_rows(written.lines)), written.end)


def _rows(lines: Iterable[bytes]) -> Iterator[Row]:
    for line in lines:
        if not line.startswith(b'"'):
            continue
        try:
            [row] = csv.reader([line.decode("utf-8", "replace")], strict=True)
        except (csv.Error, ValueError):
            continue
        if len(row) >= FEWEST_COLUMNS:
            yield tuple(row)


class CelReader(BookmarkedLog):
    """The CEL file of one PBX and how far the ledger has taken it."""

    def __init__(self, ledger: Ledger, pbx: str, path: Callable[[], Path | None]) -> None:
        super().__init__(ledger, pbx, path, CelBookmark)

    async def read(self) -> Told:
        """What was written since the bookmark; nothing at the very first time."""
        written = await self.lines()
        return Told(list(_rows(written.lines)), written.end)
