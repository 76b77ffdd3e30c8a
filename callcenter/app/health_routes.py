"""The health page's one question: `GET /api/v1/health`, for supervisors and administrators."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from callcenter.app.health_report import HealthReport, Seen
from callcenter.auth.dependencies import require
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.foundation.leases import Lease
from callcenter.foundation.this_process import shown_name
from callcenter.realtime.hub import Hub
from callcenter.telephony.link import PbxLink
from callcenter.telephony.menu_watch import MenuStatus, MenuWatch

Watcher = Annotated[SignedIn, Depends(require(Permission.HEALTH_READ))]
PbxProcess = Callable[[], tuple[bool | None, str | None]]
"""Whether the PBX's process runs (None: cannot be seen from here), and its version. May touch the disk."""


def menu_json(status: MenuStatus) -> dict[str, Any]:
    return {"state": status.state.value, "skipped": status.skipped, "taken_out": status.taken_out}


def build(
    report: HealthReport, duty: Lease, link: PbxLink, menu: MenuWatch, pbx_process: PbxProcess, hub: Hub
) -> APIRouter:
    """`duty`: to own the PBX's link; what its holder said with the last beat is what other processes show."""
    router = APIRouter(prefix="/api/v1", tags=["health"])

    def told() -> tuple[dict[str, Any], str | None]:
        if duty.is_ours:
            return link.status.as_json(), shown_name(duty.holder)
        if not duty.sight.alive:
            return {}, None
        return duty.sight.said.get("ami", {}).get("link", {}), shown_name(duty.sight.holder)

    @router.get("/health")
    async def health(watcher: Watcher) -> dict[str, Any]:
        """Each part with its level (good, watch, bad, unknown), repairs of the last days, the newest differences."""
        runs, version = await asyncio.to_thread(pbx_process)
        link_said, owner = told()
        return await report.read(Seen(link_said, owner, menu_json(menu.status), runs, version, len(hub)))

    return router
