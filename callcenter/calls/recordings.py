"""Recordings on disk: where the PBX puts them, whether they are there, and who may hear them."""

import re
import uuid
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents import repository as agents
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.calls import repository
from callcenter.calls.models import RecordingRow
from callcenter.foundation.errors import NotFound, NotPermitted
from callcenter.foundation.ids import new_secret_id
from callcenter.foundation.statements import insert_if_new, run, table_of
from callcenter.foundation.transactions import Transaction

MonitorDir = Callable[[str], Path | None]
"""PBX name → its folder of recordings."""

CALL, VOICEMAIL = "call", "voicemail"
"""Kinds of recordings."""
_INSERT = insert_if_new(table_of(RecordingRow), "id")
_UNIQUEID = re.compile(r"[A-Za-z0-9-]{0,60}?(\d{10})\.\d{1,12}")


def recording_path(uniqueid: str) -> str | None:
    """Where the dialplan (waiting.conf) records that line: `<UTC day of its birth>/<uniqueid>.wav`."""
    found = _UNIQUEID.fullmatch(uniqueid)
    if found is None:
        return None
    return f"{datetime.fromtimestamp(int(found[1]), UTC):%Y%m%d}/{uniqueid}.wav"


def voicemail_path(uniqueid: str) -> str | None:
    """Where the dialplan (voicemail.conf) puts the message of that line."""
    talk = recording_path(uniqueid)
    return talk.removesuffix(".wav") + "-voicemail.wav" if talk else None


async def register(
    tx: Transaction, *, journey_id: uuid.UUID, pbx: str, uniqueid: str, at: datetime, voicemail: bool = False
) -> None:
    """Note that this line is recorded, or has left a message, unless it is noted; nothing for a strange uniqueid."""
    path = voicemail_path(uniqueid) if voicemail else recording_path(uniqueid)
    kind = VOICEMAIL if voicemail else CALL
    if path is None:
        return
    row = {"journey_id": journey_id, "pbx": pbx, "uniqueid": uniqueid, "started_at": at, "path": path}
    await run(tx.session, _INSERT, {"id": new_secret_id(), "kind": kind, **row})


def locate(row: RecordingRow, monitor_dir: MonitorDir) -> Path:
    """The file of a recording. `NotFound("recording_missing")`; never leaves the PBX's folder. Blocks on the disk."""
    folder = monitor_dir(row.pbx)
    if folder is None:
        raise NotFound("recording_missing")
    path = (folder / row.path).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise NotFound("recording_missing")
    return path


def seconds_of(path: Path) -> float | None:
    """The length of a finished recording; None while it is being written or if it is no WAV. Blocks on the disk."""
    try:
        with wave.open(str(path), "rb") as sound:
            return sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError):
        return None


async def check_may_play(session: AsyncSession, person: SignedIn, row: RecordingRow) -> None:
    """Supervisors hear all; agents what they were part of (domain.md §4.10). `NotPermitted`.

    A message waits for whoever takes its task: all who work on tasks may hear it.
    """
    if person.may(Permission.RECORDINGS_PLAY_ALL):
        return
    if row.kind == VOICEMAIL and person.may(Permission.TASKS_WORK):
        return
    person.must(Permission.RECORDINGS_PLAY_OWN)
    seat = await agents.by_user(session, person.user_id)
    if seat is None or not await repository.was_with(session, row.journey_id, seat.number):
        raise NotPermitted
