"""Whether the service lives, is ready, and how it does: /healthz, /readyz, /metrics."""

import asyncio
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from callcenter.calls.engine import CallEngine
from callcenter.foundation.clock import iso
from callcenter.foundation.jobs import Jobs
from callcenter.foundation.leases import Lease
from callcenter.foundation.outbox import OutboxRow, OutboxState
from callcenter.foundation.this_process import shown_name
from callcenter.foundation.transactions import Ledger
from callcenter.realtime.hub import Hub
from callcenter.telephony.link import PbxLink
from callcenter.telephony.link_status import LinkState, LinkStatus
from callcenter.telephony.menu_probe import Menu
from callcenter.telephony.menu_watch import MenuWatch

LOOP_LAG = Histogram(
    "callcenter_loop_lag_seconds",
    "How much later than asked the event loop came back; nothing may hold it for more than 5 ms.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1),
)
AMI_LAG = Gauge("callcenter_ami_lag_milliseconds", "From the PBX's stamp to receipt, the usual, last minutes.")
AMI_EVENTS = Gauge("callcenter_ami_events", "Events taken from the PBX since start.")
AMI_LAG_P99 = Gauge(
    "callcenter_ami_lag_p99_milliseconds", "From the PBX's stamp to receipt, 99 in 100, last minutes."
)
HANDLING_P99 = Gauge("callcenter_ami_handling_p99_milliseconds", "From receipt to the ledger, 99 in 100.")
CLOCK_OFFSET = Gauge("callcenter_pbx_clock_offset_seconds", "Our clock minus the PBX's.")
LINK_UP = Gauge("callcenter_ami_link_up", "1 while the link is live and the picture is right.")
INBOX_OVERFLOWS = Gauge(
    "callcenter_ami_inbox_overflows", "How often more came than could be kept; recovery followed."
)
OPEN_JOURNEYS = Gauge("callcenter_open_journeys", "Journeys that have not ended.")
JOB_FAULTS = Gauge("callcenter_job_faults", "How often a job of the service failed and began again.", ("job",))
BROWSERS = Gauge("callcenter_browsers", "Connected desks.")


class RepairCounts(Collector):
    """`callcenter_repairs_total{kind, found_by}` of one link."""

    def __init__(self, link: PbxLink) -> None:
        self._link = link

    def collect(self) -> Iterable[CounterMetricFamily]:
        told = CounterMetricFamily(
            "callcenter_repairs", "What a recovery or a sweep had to mend.", labels=("kind", "found_by")
        )
        for (kind, found_by), count in self._link.repairs.counts.items():
            told.add_metric((kind.value, found_by.value), count)
        return [told]


def _set_gauges(status: LinkStatus) -> None:
    AMI_LAG_P99.set(status.lag[1] if status.lag else 0.0)
    HANDLING_P99.set(status.handling[1] if status.handling else 0.0)
    CLOCK_OFFSET.set(status.clock_offset_seconds or 0.0)
    LINK_UP.set(status.state is LinkState.LIVE)
    INBOX_OVERFLOWS.set(status.overflows)


async def watch_loop(every_seconds: float = 0.25) -> None:
    """Until cancelled: measure how punctual the event loop is."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_seconds
        await asyncio.sleep(every_seconds)
        LOOP_LAG.observe(max(0.0, loop.time() - due))


async def _database(ledger: Ledger) -> dict[str, Any]:
    """Whether it answers, and what waits to be sent (few, by index): anybody may ask, so no table is counted."""
    try:
        async with ledger.reading() as session:
            waiting = await session.scalar(
                select(func.count()).select_from(OutboxRow).where(OutboxRow.state == OutboxState.WAITING)
            )
    except Exception as error:  # any failure of the database is the answer
        return {"ok": False, "error": type(error).__name__}
    engine = "sqlite" if ledger.database.is_sqlite else "postgresql"
    return {"ok": True, "engine": engine, "outbox_waiting": waiting}


def _of_owner(duty: Lease, here: dict[str, Any]) -> dict[str, Any]:
    """The link's health and the calls open on it, as its owner tells them: we, or another process by its lease."""
    if duty.is_ours:
        return here | {"owner": shown_name(duty.holder), "owned_here": True}
    if not duty.sight.alive:
        return {"ami": here["ami"] | {"ok": False}, "open_journeys": 0, "owner": None, "owned_here": False}
    told = {"ami": {"ok": False, "state": "taken over just now"}, "open_journeys": 0} | duty.sight.said
    return told | {"owner": shown_name(duty.sight.holder), "owned_here": False}


def _of_link(link: PbxLink, engine: CallEngine) -> dict[str, Any]:
    """How this process's link does; it has one only as the owner."""
    status = link.status
    return {
        "ok": status.state == "live",
        "state": status.state,
        "connected_at": iso(status.connected_at),
        "lag_ms": round(status.lag_ms, 1),
        "events": status.events,
        "sweeps": status.sweeps,
        "repairs": status.repairs,
        "set_aside": engine.set_aside,
        "last_error": status.last_error,
        "link": status.as_json(),
    }


def build(
    ledger: Ledger, jobs: Jobs, duty: Lease, link: PbxLink, menu: MenuWatch, engine: CallEngine, hub: Hub, ui: Path
) -> APIRouter:
    """`duty`: to own the PBX's link; its holder says with each beat how the link does."""
    router = APIRouter(tags=["health"])
    counted = CollectorRegistry()
    counted.register(RepairCounts(link))

    def here() -> dict[str, Any]:
        return {"ami": _of_link(link, engine), "open_journeys": engine.open_count}

    duty.says = here

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz", responses={503: {"description": "Not ready", "model": dict[str, Any]}})
    async def readyz(response: Response) -> dict[str, Any]:
        """Ready = the database answers, the PBX link is live (whoever owns it), the browser application is there,
        and no job of this process has failed within the last minute."""
        owner = _of_owner(duty, here())
        open_journeys = owner.pop("open_journeys")
        parts = {
            "database": await _database(ledger),
            "ami": owner.pop("ami") | owner,
            "browser": {"ok": (ui / "index.html").is_file(), "connected": len(hub)},
            "jobs": {"ok": jobs.ok, "faults": dict(jobs.faults)},
        }
        ready = all(part["ok"] for part in parts.values())
        response.status_code = 200 if ready else 503
        parts["menu"] = {  # callers reach people without it
            "ok": menu.status.state is Menu.ANSWERS,
            "state": menu.status.state.value,
            "skipped": menu.status.skipped,
            "taken_out": menu.status.taken_out,
        }
        return {"ready": ready, "version": version("callcenter"), "open_journeys": open_journeys, **parts}

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics(request: Request) -> Response:
        AMI_LAG.set(link.status.lag_ms)
        AMI_EVENTS.set(link.status.events)
        _set_gauges(link.status)
        OPEN_JOURNEYS.set(engine.open_count)
        BROWSERS.set(len(hub))
        for job, faults in jobs.faults.items():
            JOB_FAULTS.labels(job).set(faults)
        return Response(generate_latest() + generate_latest(counted), media_type=CONTENT_TYPE_LATEST)

    return router
