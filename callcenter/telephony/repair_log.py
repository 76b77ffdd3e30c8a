"""What was mended, kept: rows in the database, so that it can be shown by day, and counts since the start."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import insert

from callcenter.calls.repairs import Repair, RepairKind
from callcenter.calls.repository import ids_of
from callcenter.foundation import logs
from callcenter.foundation.ids import new_id
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.models import RepairRow


class FoundBy(StrEnum):
    RECOVERY = "recovery"
    """After a link was made anew: what happened while nobody listened."""
    SWEEP = "sweep"
    """While the link was live: nothing should have been missed. These count for the alarm."""


class RepairLog:
    """One a PBX."""

    def __init__(self, ledger: Ledger, pbx: str) -> None:
        self._ledger = ledger
        self._pbx = pbx
        self._log = logs.get("repairs")
        self.counts: Counter[tuple[RepairKind, FoundBy]] = Counter()

    @property
    def total(self) -> int:
        return self.counts.total()

    async def note(self, repairs: Sequence[Repair], found_by: FoundBy) -> None:
        """Count and keep them; lines that belong to no journey (a consultation, the PBX's own) are none."""
        if not repairs:
            return
        async with self._ledger.transaction() as tx:
            ids = await ids_of(tx.session, self._pbx, {repair.linkedid for repair in repairs if repair.linkedid})
            repairs = [repair for repair in repairs if not repair.linkedid or repair.linkedid in ids]
            if not repairs:
                return
            rows = [
                {
                    "id": new_id(),
                    "at": tx.now,
                    "pbx": self._pbx,
                    "kind": repair.kind,
                    "found_by": found_by,
                    "journey_id": ids.get(repair.linkedid),
                    "subject": repair.subject[:150],
                }
                for repair in repairs
            ]
            await tx.session.execute(insert(RepairRow), rows)
        self.counts.update((repair.kind, found_by) for repair in repairs)
        kinds = Counter(repair.kind.value for repair in repairs)
        self._log.warning("repaired", found_by=found_by.value, **kinds)
