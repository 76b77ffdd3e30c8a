"""What is true of the service now, for the health page (`/api/v1/health`) and `callcenter status`."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app import health_parts as parts
from callcenter.calls import recordings
from callcenter.calls.figures import beijing_midnight
from callcenter.calls.models import JourneyRow, RecordingRow
from callcenter.calls.recordings import MonitorDir
from callcenter.foundation.clock import iso
from callcenter.foundation.errors import NotFound
from callcenter.foundation.outbox import OutboxRow, OutboxState
from callcenter.foundation.timers import TimerRow
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.models import RepairRow
from callcenter.telephony.repair_log import FoundBy

DAYS = 7
DRIFT_SHOWN = 20
RECORDINGS_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """What is not in the database. `link`: `LinkStatus.as_json` of its owner; `owner`: which process that is."""

    link: Mapping[str, Any]
    owner: str | None
    menu: Mapping[str, Any]
    pbx_runs: bool | None
    pbx_version: str | None
    browsers: int


class HealthReport:
    """Asks the database; `monitor_dir` is where recordings lie."""

    def __init__(self, ledger: Ledger, pbx: str, monitor_dir: MonitorDir) -> None:
        self._ledger = ledger
        self._pbx = pbx
        self._monitor_dir = monitor_dir

    async def read(self, seen: Seen) -> dict[str, Any]:
        """`{"as_of", "version", "level", "owner", "browsers", "parts", "repairs", "drift"}`."""
        now = self._ledger.clock.now()
        link = seen.link
        told = [
            parts.pbx(link, seen.pbx_runs, seen.pbx_version),
            parts.ami(link, seen.owner, seen.pbx_runs),
            parts.menu(
                str(seen.menu.get("state", "unknown")),
                skipped=bool(seen.menu.get("skipped")),
                taken_out=int(seen.menu.get("taken_out", 0)),
            ),
            parts.lag(link),
            parts.clock(link),
            parts.sweep(link, now),
            parts.inbox(link),
            parts.members(int(link.get("disagreements") or 0)),
        ]
        kept: dict[str, Any] = {"repairs": {"days": []}, "drift": []}
        begun = time.monotonic()
        try:
            async with self._ledger.reading() as session:
                await session.scalar(select(1))
                milliseconds = round((time.monotonic() - begun) * 1000, 1)
                kept = {"repairs": await self._repairs(session, now), "drift": await self._drift(session)}
                told += await self._rows(session, now, kept)
        except Exception as error:  # any failure of the database is the answer
            told.append(parts.database({"ok": False, "error": type(error).__name__}))
        else:
            engine = "sqlite" if self._ledger.database.is_sqlite else "postgresql"
            told.append(parts.database({"ok": True, "engine": engine, "milliseconds": milliseconds}))
        return {
            "as_of": iso(now),
            "version": version("callcenter"),
            "level": parts.worst(told),
            "owner": seen.owner,
            "browsers": seen.browsers,
            "open_journeys": link.get("open_journeys", 0),
            "parts": told,
            **kept,
        }

    async def _rows(self, session: AsyncSession, now: datetime, kept: dict[str, Any]) -> list[parts.Part]:
        today = kept["repairs"]["today"]
        return [
            parts.repairs(today[FoundBy.SWEEP], today[FoundBy.RECOVERY], kept["repairs"]["calls_today"]),
            parts.outbox(await _outbox(session, now)),
            parts.timers(await _timers(session, now)),
            parts.recordings(await self._recordings(session, now)),
        ]

    async def _repairs(self, session: AsyncSession, now: datetime) -> dict[str, Any]:
        """By Beijing day, kind and way of finding, the newest day first; and of today against the calls."""
        midnight = beijing_midnight(now)
        days: list[dict[str, Any]] = []
        today: dict[str, int] = dict.fromkeys((by.value for by in FoundBy), 0)
        for n in range(DAYS):
            begin = midnight - timedelta(days=n)
            counted = await session.execute(
                select(RepairRow.kind, RepairRow.found_by, func.count())
                .where(RepairRow.at >= begin, RepairRow.at < begin + timedelta(days=1), RepairRow.pbx == self._pbx)
                .group_by(RepairRow.kind, RepairRow.found_by)
                .order_by(func.count().desc(), RepairRow.kind)
            )
            rows = [(kind, by, count) for kind, by, count in counted]
            kinds = [{"kind": kind, "found_by": by, "count": count} for kind, by, count in rows]
            days.append({"day": begin.date().isoformat(), "kinds": kinds})
            for _, by, count in rows if n == 0 else ():
                today[by] = today.get(by, 0) + count
        calls = await session.scalar(
            select(func.count()).select_from(JourneyRow).where(JourneyRow.started_at >= midnight)
        )
        return {"today": today, "calls_today": calls or 0, "days": days}

    async def _drift(self, session: AsyncSession) -> list[dict[str, Any]]:
        """The newest differences, whoever found them."""
        rows = await session.scalars(
            select(RepairRow)
            .where(RepairRow.pbx == self._pbx)
            .order_by(RepairRow.at.desc(), RepairRow.id.desc())
            .limit(DRIFT_SHOWN)
        )
        return [
            {
                "at": iso(row.at),
                "kind": row.kind,
                "found_by": row.found_by,
                "journey_id": str(row.journey_id) if row.journey_id else None,
                "subject": row.subject,
            }
            for row in rows
        ]

    async def _recordings(self, session: AsyncSession, now: datetime) -> dict[str, int]:
        """Of the talks that ended today, the newest: how many are registered, and how many of those have no file."""
        rows = list(
            await session.scalars(
                select(RecordingRow)
                .join(JourneyRow, JourneyRow.id == RecordingRow.journey_id)
                .where(
                    RecordingRow.started_at >= beijing_midnight(now),
                    JourneyRow.ended_at.is_not(None),
                    JourneyRow.talk_seconds > 0,
                )
                .order_by(RecordingRow.started_at.desc())
                .limit(RECORDINGS_LOOKED_AT)
            )
        )
        missing = await asyncio.to_thread(self._missing, rows)
        return {"registered": len(rows), "missing": missing}

    def _missing(self, rows: list[RecordingRow]) -> int:
        missing = 0
        for row in rows:
            try:
                recordings.locate(row, self._monitor_dir)
            except NotFound:
                missing += 1
        return missing


async def _outbox(session: AsyncSession, now: datetime) -> dict[str, Any]:
    waiting, first_due = (
        await session.execute(
            select(func.count(), func.min(OutboxRow.due_at)).where(OutboxRow.state == OutboxState.WAITING)
        )
    ).one()
    stuck = await session.scalar(
        select(func.count())
        .select_from(OutboxRow)
        .where(
            OutboxRow.state.in_([OutboxState.UNKNOWN, OutboxState.FAILED]),
            OutboxRow.due_at >= now - timedelta(days=1),
        )
    )
    overdue = (now - first_due).total_seconds() if first_due else 0.0
    return {"waiting": waiting, "stuck": stuck or 0, "overdue_seconds": max(round(overdue), 0)}


async def _timers(session: AsyncSession, now: datetime) -> dict[str, Any]:
    running = TimerRow.ended_at.is_(None)
    armed, first_due = (await session.execute(select(func.count(), func.min(TimerRow.due_at)).where(running))).one()
    due = await session.scalar(
        select(func.count()).select_from(TimerRow).where(and_(running, TimerRow.due_at <= now))
    )
    late = (now - first_due).total_seconds() if first_due else 0.0
    return {"armed": armed, "due": due or 0, "late_seconds": max(round(late), 0)}
