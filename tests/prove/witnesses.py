"""The SIP side's own log: what callers and agents' telephones saw, by this machine's clock."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from callcenter.phones import CallState, Softphone, Talk
from callcenter.phones.errors import PhoneError
from callcenter.phones.happenings import Happening, Side, What
from callcenter.phones.incoming_call import IncomingCall
from callcenter.phones.place_call import CallPlan, place_call
from callcenter.phones.talking import talk

Address = tuple[str, int]


@dataclass
class Caller:
    """One call of one household. Times are seconds since 1970; 0 = it never came to that."""

    number: str
    dialled_at: float = 0.0
    answered_at: float = 0.0
    ended_at: float = 0.0

    @property
    def accepted(self) -> bool:
        return self.answered_at > 0

    @property
    def is_up(self) -> bool:
        return self.dialled_at > 0 and not self.ended_at

    def saw(self, happening: Happening) -> None:
        if happening.what is What.DIALLED:
            self.dialled_at = time.time()
        elif happening.what is What.ANSWERED:
            self.answered_at = time.time()
        elif happening.what is What.ENDED:
            self.ended_at = time.time()

    async def call(self, server: Address, *, seconds: float, press: str = "1", press_after: float = 0.5) -> None:
        """Dial the hotline, press, hang up after `seconds` unless the other side does."""
        plan = CallPlan(
            number="96365",
            from_number=self.number,
            server=server,
            talk=Talk(press=press, press_after=press_after, seconds=seconds),
            ring_seconds=6.0,
        )
        await place_call(plan, on_event=self.saw)


@dataclass
class Ring:
    """One ring of one agent's telephone. `up_at`: when the PBX acknowledged the answer, so that both could talk."""

    seat: str
    number: str
    rang_at: float
    answered_at: float = 0.0
    ended_at: float = 0.0
    up_at: float = 0.0

    @property
    def talk_seconds(self) -> float:
        return self.ended_at - self.up_at if self.up_at else 0.0


@dataclass
class Telephones:
    """The agents' desk telephones, and all that rang there."""

    rings: list[Ring] = field(default_factory=list)
    answer_after: float = 0.5
    hangs_up_on: dict[str, float] = field(default_factory=dict)
    """Caller's number → seconds of talk after which the agent hangs up; with others the household does."""
    _phones: list[Softphone] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def registered(self, server: Address, secrets: dict[str, str], seats: Iterable[str]) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for seat in seats:
                phone = Softphone(
                    seat,
                    server,
                    password=secrets[seat],
                    on_call=lambda call, seat=seat: self._on_call(seat, call),  # type: ignore[misc]
                )
                self._phones.append(await stack.enter_async_context(phone))
            await asyncio.gather(*(phone.register() for phone in self._phones))
            try:
                yield
            finally:
                for phone in self._phones:
                    await asyncio.gather(*(call.hang_up() for call in phone.calls.values()))
                await asyncio.wait_for(asyncio.gather(*self._tasks, return_exceptions=True), 10)

    @property
    def addresses(self) -> list[Address]:
        """Where the telephones listen."""
        return [phone.address for phone in self._phones]

    def answered(self, number: str) -> list[Ring]:
        return [ring for ring in self.rings if ring.number == number and ring.answered_at]

    def _on_call(self, seat: str, call: IncomingCall) -> None:
        began = time.time()
        ring = Ring(seat, call.caller.user, began)
        self.rings.append(ring)
        call.ring()
        task = asyncio.get_running_loop().create_task(self._attend(call, ring, began))
        self._tasks.add(task)

    async def _attend(self, call: IncomingCall, ring: Ring, began: float) -> None:
        with contextlib.suppress(PhoneError):
            await self._let_ring(call)
            if call.state is CallState.RINGING:
                await call.answer()
                ring.answered_at = time.time()
                await call.changes.until(
                    lambda: call.is_acknowledged or call.state is CallState.ENDED, "the PBX knows of the answer", 60.0
                )
                ring.up_at = time.time() if call.is_acknowledged else 0.0
            await talk(call, Talk(seconds=self.hangs_up_on.get(ring.number)))
        if call.state is not CallState.ENDED:
            await call.hang_up()
        ring.ended_at = _moment(call, What.ENDED, began)

    async def _let_ring(self, call: IncomingCall) -> None:
        with contextlib.suppress(PhoneError):
            await call.changes.until(
                lambda: call.state is not CallState.RINGING, "the caller gives up", self.answer_after
            )


def _moment(call: IncomingCall, what: What, began: float) -> float:
    seconds = call.seconds_of(what)
    return began + seconds if seconds is not None else 0.0


__all__ = ["Caller", "Ring", "Side", "Telephones"]
