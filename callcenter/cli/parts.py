"""What `callcenter status` looks at, part by part."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from callcenter.agents import repository as agents
from callcenter.agents.duty_phone import is_seat_number
from callcenter.calls.models import JourneyRow
from callcenter.cli.addresses import find_instance, listens, pbx_home, service_address, sign_ins
from callcenter.cli.health import health_part
from callcenter.cli.machine import open_ledger
from callcenter.cli.processes import Background
from callcenter.foundation.phone_numbers import mask
from callcenter.foundation.settings import Settings
from callcenter.pbx import instance
from callcenter.work_orders.models import WorkOrder

Part = dict[str, Any]


def all_parts(settings: Settings) -> dict[str, Part]:
    """Name → {"ok": bool, …}."""
    background = Background(settings.state_dir)
    service = _service(settings, background)
    told, pbx = dict(service), _pbx(settings)
    parts = {
        "pbx": pbx,
        "service": service,
        "database": _database(settings, service.pop("database", {"ok": False})),
        "ami": service.pop("ami", {"ok": False}),
        "browser": service.pop("browser", {"ok": False}),
        "jobs": service.pop("jobs", {"ok": False}),
        "ivr": _ivr(settings, background, service.pop("menu", {})),
    }
    if parts["database"]["ok"]:
        parts["health"] = health_part(settings, told, pbx_runs=pbx["ok"])
    if sign_ins(settings):
        phones = background.running("phones")
        parts["phones"] = {"ok": phones is not None, "pid": phones.pid if phones else None}
    return parts


def _pbx(settings: Settings) -> Part:
    found = instance.status(pbx_home(settings))
    part: Part = {"ok": found.running, "pid": found.pid, "uptime_seconds": found.uptime_seconds}
    if found.instance is not None:
        part |= {"version": found.instance.version, "sip_port": found.instance.sip_port}
    return part | {"duty_phones": asyncio.run(_duty_phones(settings))}


async def _duty_phones(settings: Settings) -> dict[str, str]:
    """Queue → whom its callers reach when nobody serves it; numbers outside masked. Empty without a database."""
    ledger = open_ledger(settings)
    try:
        async with ledger.reading() as session:
            rung = {queue.name: queue.duty_phone for queue in await agents.list_queues(session)}
    except SQLAlchemyError:
        return {}  # the database's own part tells
    finally:
        await ledger.database.close()
    return {name: number if is_seat_number(number) else mask(number) for name, number in rung.items() if number}


def _service(settings: Settings, background: Background) -> Part:
    host, port = service_address(settings)
    running = background.running("service")
    part: Part = {"ok": False, "pid": running.pid if running else None, "url": f"http://{host}:{port}/"}
    try:
        answer = httpx.get(f"http://{host}:{port}/readyz", timeout=3.0)
        told: Part = answer.json()
        return part | told | {"ok": answer.status_code == httpx.codes.OK}
    except (httpx.HTTPError, ValueError):
        return part


def _database(settings: Settings, told: Part) -> Part:
    """What the service says of it, and how much is in it: counted here, not for everybody who asks the service."""
    return told | asyncio.run(_counts(settings)) if told["ok"] else told


async def _counts(settings: Settings) -> Part:
    ledger = open_ledger(settings)
    try:
        async with ledger.reading() as session:
            tables = {"journeys": JourneyRow, "work_orders": WorkOrder}
            return {name: await session.scalar(select(func.count()).select_from(t)) for name, t in tables.items()}
    except SQLAlchemyError:
        return {}  # the service has told whether it answers
    finally:
        await ledger.database.close()


def _ivr(settings: Settings, background: Background, told: Part) -> Part:
    """`told`: what the service says of it; a program that hangs still listens."""
    running, pbx = background.running("ivr"), find_instance(settings)
    listening = pbx is not None and listens("127.0.0.1", pbx.agi_port)
    part = {"pid": running.pid if running else None, "port": pbx.agi_port if pbx else None}
    return {**told, **part, "ok": listening and told.get("state") != "silent"}
