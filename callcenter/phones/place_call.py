"""One whole call as a household makes it: dial, listen, press, speak, hang up, report."""

from dataclasses import dataclass, field
from pathlib import Path

from callcenter.phones.errors import CallGone, WaitTimedOut
from callcenter.phones.happenings import CallState, OnEvent
from callcenter.phones.outgoing_call import OutgoingCall
from callcenter.phones.reports import CallReport, report_on
from callcenter.phones.sip_address import Address
from callcenter.phones.softphone import Softphone
from callcenter.phones.talking import Talk, frames_for, talk


@dataclass(frozen=True, kw_only=True)
class CallPlan:
    """Whom to call, as whom, and what to do then.

    host: where the call comes from; the PBX takes 127.0.0.2 for the carrier's trunk.
    password: set it to call from an account of the PBX instead.
    """

    number: str
    from_number: str
    from_name: str = ""
    server: Address = ("127.0.0.1", 5060)
    host: str = "127.0.0.2"
    port: int = 0
    password: str | None = None
    ring_seconds: float = 60.0
    talk: Talk = field(default_factory=Talk)
    record: Path | None = None


async def place_call(plan: CallPlan, on_event: OnEvent | None = None) -> CallReport:
    """Place one call and see it through. `on_event` is told of each step as it happens.

    UnsafeText for a name or number with control characters, PhoneError for a sound file that cannot be
    used, OSError when the address cannot be bound. A call that is refused is no error: see the report.
    """
    frames_for(plan.talk.say)
    phone = Softphone(
        plan.from_number,
        plan.server,
        host=plan.host,
        port=plan.port,
        name=plan.from_name,
        password=plan.password,
    )
    async with phone:
        call = phone.dial(plan.number, on_event=on_event)
        if await _answered(call, plan.ring_seconds):
            await talk(call, plan.talk)
    return report_on(call, plan.number, plan.record)


async def _answered(call: OutgoingCall, ring_seconds: float) -> bool:
    try:
        await call.wait_for(CallState.UP, timeout=ring_seconds)
    except CallGone:
        return False
    except WaitTimedOut:
        await call.hang_up()
        return False
    return True
