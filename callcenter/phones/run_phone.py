"""A telephone that is there to be called: an agent's desk phone, or the far end of outbound calls."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from callcenter.phones.errors import CallGone, PhoneError, WaitTimedOut
from callcenter.phones.happenings import CallState, OnEvent
from callcenter.phones.incoming_call import IncomingCall
from callcenter.phones.reports import CallReport, report_on
from callcenter.phones.sip_address import Address
from callcenter.phones.softphone import Softphone
from callcenter.phones.talking import Talk, frames_for, talk


@dataclass(frozen=True, kw_only=True)
class PhonePlan:
    """One phone. With a password it registers `user` at `server`; without, it listens on host:port.

    numbers: which called numbers it answers to, others get 404; empty takes all.
    answer_after: seconds of ringing, None lets it ring (a NOTIFY "talk" still answers it).
    reject_code: refuse with this code after `answer_after` instead of answering.
    max_calls: come back after so many calls, None stays until `stop` is set.
    """

    user: str
    server: Address = ("127.0.0.1", 5060)
    host: str = "127.0.0.1"
    port: int = 0
    password: str | None = None
    expires: int = 300
    numbers: frozenset[str] = frozenset()
    answer_after: float | None = 1.0
    reject_code: int | None = None
    talk: Talk = field(default_factory=Talk)
    max_calls: int | None = None


@dataclass(frozen=True)
class PhoneReport:
    """All calls that reached the phone, in the order they ended. The report's `number` is the caller's."""

    calls: tuple[CallReport, ...]


async def run_phone(
    plan: PhonePlan,
    on_event: OnEvent | None = None,
    *,
    stop: asyncio.Event | None = None,
    on_ready: Callable[[Address], None] | None = None,
) -> PhoneReport:
    """Be a phone until `stop` is set or `max_calls` are over. `on_ready` is told where it listens.

    PhoneError when registration is refused, OSError when the address cannot be bound.
    """
    frames_for(plan.talk.say)
    attendant = _Attendant(plan, stop or asyncio.Event())
    phone = Softphone(
        plan.user,
        plan.server,
        host=plan.host,
        port=plan.port,
        password=plan.password,
        on_call=attendant.on_call,
        on_event=on_event,
    )
    async with phone:
        if plan.password is not None:
            await phone.register(plan.expires)
        if on_ready is not None:
            on_ready(phone.address)
        await attendant.stop.wait()
    await attendant.finish()
    return PhoneReport(tuple(attendant.reports))


class _Attendant:
    """Takes each incoming call through the plan."""

    def __init__(self, plan: PhonePlan, stop: asyncio.Event) -> None:
        self.stop = stop
        self.reports: list[CallReport] = []
        self._plan = plan
        self._tasks: set[asyncio.Task[None]] = set()

    def on_call(self, call: IncomingCall) -> None:
        if self._plan.numbers and call.called not in self._plan.numbers:
            call.reject(404, "Not Found")
            return
        call.ring()
        task = asyncio.get_running_loop().create_task(self._attend(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for the reports of the calls that the closing phone has just ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _attend(self, call: IncomingCall) -> None:
        try:
            if self._plan.answer_after is not None:
                await self._wait_ringing(call, self._plan.answer_after)
                await self._take(call)
            await call.wait_for(CallState.UP, timeout=3600.0)
            await talk(call, self._plan.talk)
        except PhoneError:
            await call.hang_up()
        self.reports.append(report_on(call, call.caller.user))
        if self._plan.max_calls is not None and len(self.reports) >= self._plan.max_calls:
            self.stop.set()

    async def _wait_ringing(self, call: IncomingCall, seconds: float) -> None:
        try:
            await call.changes.until(lambda: call.state is not CallState.RINGING, "something", seconds)
        except WaitTimedOut:
            return

    async def _take(self, call: IncomingCall) -> None:
        if call.state is not CallState.RINGING:
            return
        if self._plan.reject_code is not None:
            call.reject(self._plan.reject_code, "Rejected")
            raise CallGone("refused as planned")
        await call.answer()
