"""What flows upward or sideways between features: facts of one, use cases of another. One table a kind."""

import uuid

from callcenter.agents.presence import PRESENCE_TIMER
from callcenter.auth.identity import SignedIn
from callcenter.calls import notes, owning, wrap_up
from callcenter.calls import repository as calls
from callcenter.calls.models import JourneyRow
from callcenter.foundation.facts import Fact
from callcenter.foundation.timers import TimerHandler
from callcenter.foundation.transactions import Ledger, Transaction
from callcenter.intakes.kinds import IntakeKind
from callcenter.sms.receipts import receipts
from callcenter.tasks import lost_callers as tasks
from callcenter.work_orders import clocks as order_clocks
from callcenter.work_orders.models import WorkOrder
from callcenter.work_orders.ports import JourneyOrigin


class CallOrigins:
    """`work_orders.ports.JourneyOrigins` and `intakes.ports.JourneyAccess` answered from the ledger of calls."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def origin_of(self, journey_id: uuid.UUID, person: SignedIn) -> JourneyOrigin | None:
        async with self._ledger.reading() as session:
            row = await session.get(JourneyRow, journey_id)
            if row is None or not await owning.has_part_in(session, journey_id, person):
                return None
            recorded = (await calls.recordings_of(session, [journey_id])).get(journey_id, [])
            return JourneyOrigin(journey_id, row.number, recorded[-1].id if recorded else None)

    async def may_use(self, journey_id: uuid.UUID, person: SignedIn) -> bool:
        return await self.origin_of(journey_id, person) is not None


async def _order_confirmed(tx: Transaction, fact: Fact) -> None:
    """An order that came of a call is the call's disposition."""
    journey_id = fact.data["journey_id"]
    if journey_id is None:
        return
    order = await tx.session.get_one(WorkOrder, uuid.UUID(fact.data["order_id"]))
    await notes.order_placed(tx, uuid.UUID(journey_id), order.id, order.customer_id, fact.actor)


async def _intake_registered(tx: Transaction, fact: Fact) -> None:
    journey_id, kind = fact.data["journey_id"], fact.data["kind"]
    if journey_id is not None and kind != IntakeKind.HELP:
        await notes.intake_answered(tx, uuid.UUID(journey_id), kind, fact.actor)


def join_facts(ledger: Ledger, hotline: str) -> None:
    """Facts that must have their consequence in the same transaction."""
    ledger.within("auth.signed_in", wrap_up.signed_in)
    ledger.within("auth.signed_out", wrap_up.signed_out)
    ledger.within("intake.registered", _intake_registered)
    ledger.within("work_order.confirmed", _order_confirmed)
    ledger.within("work_order.confirmed", receipts(hotline))


def timer_handlers() -> dict[str, TimerHandler]:
    return {PRESENCE_TIMER: wrap_up.run_out, **order_clocks.TIMER_HANDLERS, **tasks.TIMER_HANDLERS}
