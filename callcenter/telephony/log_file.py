"""A log of the PBX that only grows, read from a bookmark: its CEL file, its queue_log.

The bookmark is (inode, offset) behind a complete line. If the file has been rotated (renamed) since, the old one is
finished as long as it stands beside the new one, then every newer sibling, then the file itself. A file that was
replaced or truncated is begun anew. Without a bookmark (our first life with this PBX) reading starts at the end: what
went before is not ours. At most `MOST_BYTES` are read, the newest ones.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.calls.models import CelBookmark
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.models import QueueLogBookmark

MOST_BYTES = 20_000_000
"""Of CEL some 90 000 rows, more than 5000 calls: two busy days."""
LONGEST_LINE = 8000
_PACKED = (".gz", ".xz", ".bz2", ".zst")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file that may since have been renamed. Inode 0: there was no file yet."""

    inode: int
    offset: int


NOWHERE = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Written:
    """Complete lines since the bookmark, without their ends, and where they end."""

    lines: list[bytes]
    end: Place


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a file to be read."""

    path: Path
    inode: int
    start: int
    size: int


def end_of(path: Path) -> Place:
    """Behind the last complete line; `NOWHERE` if there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return NOWHERE
    if _is_whole(path, found.st_size, found.st_size):
        return Place(found.st_ino, found.st_size)
    start = max(found.st_size - LONGEST_LINE, 0)  # the last line is being written
    return _read(_Stretch(path, found.st_ino, start, found.st_size), 0)[1]


def lines_since(path: Path, place: Place, most: int = MOST_BYTES) -> Written:
    """All complete lines behind `place`. Never raises for what stands in the file or for a file that is away."""
    stretches = _stretches(path, place)
    left_out = sum(s.size - s.start for s in stretches) - most
    lines: list[bytes] = []
    end = place
    for stretch in stretches:
        skip = min(max(left_out, 0), stretch.size - stretch.start)
        left_out -= skip
        found, end = _read(stretch, skip)
        lines += found
    return Written(lines, end)


def _stretches(path: Path, place: Place) -> list[_Stretch]:
    files = _files(path)
    old = next((n for n, (_, found) in enumerate(files) if found.st_ino == place.inode), None)
    if old is None:  # the file we knew is gone: only the present one is surely newer
        return [_Stretch(file, found.st_ino, 0, found.st_size) for file, found in files if file == path]
    start = place.offset if _is_whole(files[old][0], files[old][1].st_size, place.offset) else 0
    starts = [start, *(0 for _ in files[old + 1 :])]
    return [
        _Stretch(file, found.st_ino, begin, found.st_size)
        for (file, found), begin in zip(files[old:], starts, strict=True)
    ]


def _files(path: Path) -> list[tuple[Path, os.stat_result]]:
    """The file and its rotated siblings, the oldest first, the file itself last."""
    found = []
    for file in path.parent.glob(path.name + "*") if path.parent.is_dir() else ():
        try:
            if not file.name.endswith(_PACKED) and file.is_file():
                found.append((file, file.stat()))
        except OSError:  # renamed or removed just now
            continue
    return sorted(found, key=lambda each: (each[0] == path, each[1].st_mtime_ns))


def _is_whole(path: Path, size: int, offset: int) -> bool:
    """False if the bookmark cannot be one of this file: too far, or not behind a line (an inode given out again)."""
    if offset == 0 or offset > size:
        return offset == 0
    try:
        with path.open("rb") as file:
            file.seek(offset - 1)
            return file.read(1) == b"\n"
    except OSError:
        return False


def _read(stretch: _Stretch, skip: int) -> tuple[list[bytes], Place]:
    start = stretch.start + skip
    try:
        with stretch.path.open("rb") as file:
            if os.fstat(file.fileno()).st_ino != stretch.inode:  # rotated just now: next time
                return [], Place(stretch.inode, stretch.start)
            file.seek(start)
            data = file.read(stretch.size - start)
    except OSError:
        return [], Place(stretch.inode, stretch.start)
    complete = data[: data.rfind(b"\n") + 1]
    lines = [line for line in complete.split(b"\n")[1 if skip else 0 :] if line and len(line) <= LONGEST_LINE]
    return lines, Place(stretch.inode, start + len(complete))


Bookmark = CelBookmark | QueueLogBookmark


class BookmarkedLog:
    """One log of one PBX and how far the ledger has taken it. `path` is asked each time; None: there is no file.

    `bookmarks` is the table that holds the place of this kind of log.
    """

    def __init__(
        self,
        ledger: Ledger,
        pbx: str,
        path: Callable[[], Path | None],
        bookmarks: type[CelBookmark] | type[QueueLogBookmark],
    ) -> None:
        self._ledger = ledger
        self._pbx = pbx
        self._path = path
        self._bookmarks = bookmarks
        self._marked: Place | None = None

    async def end(self) -> Place:
        """Behind the last complete line."""
        path = self._path()
        return NOWHERE if path is None else await asyncio.to_thread(end_of, path)

    async def lines(self) -> Written:
        """What was written since the bookmark; nothing at the very first time."""
        path = self._path()
        if path is None:
            return Written([], NOWHERE)
        async with self._ledger.reading() as session:
            row: Bookmark | None = await session.get(self._bookmarks, self._pbx)
        if row is None:
            return Written([], await self.end())
        self._marked = Place(int(row.inode), row.offset)
        return await asyncio.to_thread(lines_since, path, self._marked)

    async def mark(self, place: Place) -> None:
        """Everything before this place is in the ledger. Costs nothing if it is there already."""
        if place == self._marked or self._path() is None:
            return
        async with self._ledger.transaction() as tx:
            row: Bookmark | None = await tx.session.get(self._bookmarks, self._pbx)
            if row is None:
                row = self._bookmarks(pbx=self._pbx)
                tx.session.add(row)
            row.inode, row.offset, row.at = str(place.inode), place.offset, tx.now
        self._marked = place
