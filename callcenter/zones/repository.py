"""Every query about zones."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.foundation.errors import NotFound
from callcenter.foundation.statements import run, table_of
from callcenter.foundation.versioned import in_force
from callcenter.zones.matching import Gazetteer, Level, Place
from callcenter.zones.models import Zone, ZoneVersion

_MOST_DEPTH = 6


async def published(session: AsyncSession, at: datetime) -> ZoneVersion | None:
    """The version in force at `at`."""
    return await in_force(session, ZoneVersion, at)


async def gazetteer(session: AsyncSession, at: datetime) -> Gazetteer:
    """The resolver over the zones in force at `at`; empty if there are none."""
    version = await published(session, at)
    if version is None:
        return Gazetteer()
    rows = await session.execute(
        select(Zone.id, Zone.parent_id, Zone.level, Zone.name, Zone.aliases)
        .where(Zone.zone_version_id == version.id)
        .order_by(Zone.code)
    )
    return Gazetteer.of(
        Place(str(id_), str(parent) if parent else None, Level(level), name, tuple(aliases))
        for id_, parent, level, name, aliases in rows
    )


async def with_path(session: AsyncSession, zone_id: uuid.UUID) -> tuple[Zone, list[str]]:
    """A zone and the names from its district down to it. `NotFound`."""
    zone = await session.get(Zone, zone_id)
    if zone is None:
        raise NotFound("zone_not_found")
    path: list[str] = []
    step: Zone | None = zone
    for _ in range(_MOST_DEPTH):
        if step is None or step.level == Level.CITY:
            break
        path.insert(0, step.name)
        step = await session.get(Zone, step.parent_id) if step.parent_id else None
    return zone, path


_ZONES = table_of(Zone)
_UP = (
    select(_ZONES.c.id.label("of"), literal(0).label("depth"), _ZONES.c.parent_id, _ZONES.c.level, _ZONES.c.name)
    .where(_ZONES.c.id.in_(bindparam("zone_ids", expanding=True)))
    .cte("up", recursive=True)
)
_UP = _UP.union_all(
    select(_UP.c.of, _UP.c.depth + 1, _ZONES.c.parent_id, _ZONES.c.level, _ZONES.c.name)
    .join(_UP, _ZONES.c.id == _UP.c.parent_id)
    .where(_UP.c.depth < _MOST_DEPTH - 1)
)
_PATHS = select(_UP.c.of, _UP.c.level, _UP.c.name).order_by(_UP.c.of, _UP.c.depth)


@dataclass(slots=True)
class Placed:
    """A zone and the names from its district down to it."""

    level: str
    name: str
    path: list[str]


async def paths_of(session: AsyncSession, zone_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Placed]:
    """Several zones as `with_path` gives one, in one statement."""
    placed: dict[uuid.UUID, Placed] = {}
    if not zone_ids:
        return placed
    for zone_id, level, name in await run(session, _PATHS, {"zone_ids": sorted(set(zone_ids))}):
        one = placed.setdefault(zone_id, Placed(level, name, []))
        if level != Level.CITY:
            one.path.insert(0, name)
    return placed


async def is_outer(session: AsyncSession, zone_id: uuid.UUID) -> bool:
    """Whether the zone or one above it counts as far."""
    step = await session.get(Zone, zone_id)
    for _ in range(_MOST_DEPTH):
        if step is None:
            return False
        if step.outer:
            return True
        step = await session.get(Zone, step.parent_id) if step.parent_id else None
    return False


async def version_name(session: AsyncSession, zone: Zone) -> str:
    version = await session.get_one(ZoneVersion, zone.zone_version_id)
    return version.version
