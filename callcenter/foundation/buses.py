"""Which bus a deployment has, by its settings. An adapter is imported only where it is wanted."""

from importlib import import_module
from typing import Any

from sqlalchemy.engine import make_url

from callcenter.foundation.bus import Bus, LocalBus
from callcenter.foundation.settings import Settings


def bus_of(settings: Settings) -> Bus:
    """By `CALLCENTER_BUS`; unset: NOTIFY on PostgreSQL, none needed on SQLite."""
    url = make_url(settings.sqlalchemy_url)
    on_postgresql = url.get_backend_name() == "postgresql"
    kind = settings.bus or ("postgresql" if on_postgresql else "local")
    if kind == "local":
        return LocalBus()
    if kind == "postgresql" and not on_postgresql:
        raise ValueError("CALLCENTER_BUS=postgresql needs a PostgreSQL database")
    try:
        adapter: Any = import_module(f"callcenter.foundation.{kind}_bus")
    except ModuleNotFoundError as missing:
        raise ValueError(f"CALLCENTER_BUS={kind} needs the Python package {missing.name}") from missing
    if kind == "redis":
        made: Bus = adapter.RedisBus(settings.redis_url.get_secret_value(), url.database or "callcenter")
    else:
        made = adapter.PostgresqlBus(settings.sqlalchemy_url)
    return made
