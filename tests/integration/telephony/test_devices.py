"""What the PBX says of telephones reaches the database only when it is news."""

from dataclasses import replace

from callcenter.calls.pbx_events import DeviceStateChanged
from callcenter.foundation.database import STATEMENTS
from callcenter.telephony.devices import DeviceKeeper
from tests.integration.conftest import presence_of
from tests.integration.telephony.test_recovery import Exchange, exchange, ready

__all__ = ["exchange"]


async def test_a_telephone_that_was_listed_costs_nothing_until_it_changes(exchange: Exchange) -> None:
    await ready(exchange.ledger, "1001")
    devices = DeviceKeeper(exchange.ledger)
    away = DeviceStateChanged("rec", exchange.clock.now(), "PJSIP/1001", "UNAVAILABLE")
    assert await devices.agrees([away], [])
    before = STATEMENTS._value.get()
    await devices.note(away)
    assert STATEMENTS._value.get() == before
    await devices.note(replace(away, state="RINGING"))
    assert (await presence_of(exchange.ledger, "1001")).phone_registered
