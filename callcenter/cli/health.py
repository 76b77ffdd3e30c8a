"""The health page's report for `callcenter status`: from the database, and from what the service says of its link."""

import asyncio
from collections.abc import Mapping
from typing import Any

from callcenter.app.health_report import HealthReport, Seen
from callcenter.cli.addresses import find_instance
from callcenter.cli.machine import open_ledger
from callcenter.foundation.settings import Settings


def health_part(settings: Settings, readyz: Mapping[str, Any], *, pbx_runs: bool) -> dict[str, Any]:
    """`{"ok", "level", "not_good", "report"}`; `report` as `GET /api/v1/health` answers it."""
    report = asyncio.run(_report(settings, readyz, pbx_runs))
    bad = {one["name"]: one["code"] for one in report["parts"] if one["level"] in ("watch", "bad")}
    said = " ".join(f"{name}:{code}" for name, code in bad.items()) or "-"
    return {"ok": report["level"] != "bad", "level": report["level"], "not_good": said, "report": report}


async def _report(settings: Settings, readyz: Mapping[str, Any], pbx_runs: bool) -> dict[str, Any]:
    found = find_instance(settings)
    ami = readyz.get("ami", {})
    seen = Seen(
        link=ami.get("link", {}),
        owner=ami.get("owner"),
        menu=readyz.get("menu", {}),
        pbx_runs=pbx_runs if found else None,
        pbx_version=found.version if found else None,
        browsers=int(readyz.get("browser", {}).get("connected", 0)),
    )
    ledger, folder = open_ledger(settings), found.monitor_dir if found else None
    try:
        return await HealthReport(ledger, settings.pbx_name, lambda _: folder).read(seen)
    finally:
        await ledger.database.close()
