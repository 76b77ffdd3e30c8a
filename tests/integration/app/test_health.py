"""What the health page is told: every part, repairs by day and kind, the newest differences."""

from callcenter.auth.permissions import Role
from callcenter.foundation.ids import new_id
from callcenter.telephony.models import RepairRow
from tests.integration.conftest import Service

PARTS = {
    "pbx", "link", "menu", "members", "lag", "clock", "sweep", "inbox", "repairs", "database", "outbox", "timers",
    "recordings",
}  # fmt: skip


async def test_every_part_is_told_and_repairs_are_counted(service: Service) -> None:
    browser = await service.signed_in("zhou", Role.SUPERVISOR)
    async with service.ledger.transaction() as tx:
        for found_by in ("sweep", "sweep", "recovery"):
            what = {"pbx": "pbx", "kind": "device_corrected", "found_by": found_by, "subject": "1001"}
            tx.session.add(RepairRow(id=new_id(), at=tx.now, **what))
    told = (await browser.get("/api/v1/health")).json()
    assert {one["name"] for one in told["parts"]} == PARTS
    levels = {one["name"]: (one["level"], one["code"]) for one in told["parts"]}
    assert (levels["database"][0], levels["link"]) == ("good", ("bad", "no_owner")), "no link runs here"
    assert levels["repairs"] == ("watch", "many"), "two in no calls"
    assert told["repairs"]["today"] == {"recovery": 1, "sweep": 2}
    assert len(told["repairs"]["days"]) == 7
    assert [one["subject"] for one in told["drift"]] == ["1001"] * 3
    assert told["level"] == "bad"
