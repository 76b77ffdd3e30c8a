"""Keeps the PBX's queues as our database wants them; learns what they are from the PBX alone."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from callcenter.agents import repository
from callcenter.agents.membership import (
    AddMember,
    Member,
    MembershipCommand,
    PauseMember,
    RemoveMember,
    SetPenalty,
    plan,
)
from callcenter.calls.pbx_events import MemberEvent, MemberRemoved
from callcenter.calls.repairs import Repair, RepairKind
from callcenter.foundation import logs
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.ami_client import AmiClient, AmiOutcomeUnknown, AmiUnavailable
from callcenter.telephony.ami_encoding import UnsafeAction

CONFIRMED_WITHIN = 5.0
"""What waits in the inbox longer than these seconds after our command is taken for news."""
OnRepairs = Callable[[list[Repair]], Awaitable[None]]


@dataclass(slots=True)
class _Unconfirmed:
    """A command whose own event has not come yet."""

    until: float
    """So long (monotonic) other words of that member are from before it took effect."""
    before: Member | None
    """What the PBX has if it refuses; kept up with those words."""


class MemberKeeper:
    """One a PBX. `note` takes what the PBX says; `keep` compares and commands."""

    def __init__(self, ledger: Ledger, on_repairs: OnRepairs | None = None) -> None:
        self._ledger = ledger
        self._on_repairs = on_repairs
        self._actual: dict[tuple[str, str], Member] = {}
        self._settled: dict[str, frozenset[Member] | None] | None = None
        """Seat → what the PBX was last made to have of it (None: not known; no entry: nothing).
        None before the first comparison."""
        self._due: set[str] | None = None
        """Seats to compare; None: all of them."""
        self._unconfirmed: dict[tuple[str, str], _Unconfirmed] = {}
        self._commands = 0
        self._changed = asyncio.Event()
        self._log = logs.get("members")
        self.disagreements = 0

    def wake(self, seat: str | None = None) -> None:
        """Compare soon: the seat of that number, or all."""
        if seat is None:
            self._due = None
        elif self._due is not None:
            self._due.add(seat)
        self._changed.set()

    def shown(self, events: Iterable[MemberEvent]) -> None:
        """All members as the PBX lists them."""
        self._believe_list(events)

    def agrees(self, events: Iterable[MemberEvent]) -> bool:
        """Whether that list is what we believe."""
        return _members(events) == self._actual

    @property
    def commands(self) -> int:
        """How many have been given: a list asked for before the last one says nothing."""
        return self._commands

    @property
    def is_settled(self) -> bool:
        """Whether, for all we know, the PBX has every seat as we want it, and none waits to be compared."""
        return self._due == set() and self._settled is not None and None not in self._settled.values()

    def corrected(self, events: Iterable[MemberEvent]) -> list[Repair]:
        """Believe that list; what we had not heard of."""
        before = self._actual
        self._believe_list(events)
        keys = [key for key in before | self._actual if before.get(key) != self._actual.get(key)]
        return [_repair(*key, before.get(key), self._actual.get(key)) for key in keys]

    def _believe_list(self, events: Iterable[MemberEvent]) -> None:
        self._actual = _members(events)
        self._unconfirmed.clear()
        self.wake()

    def note(self, event: MemberEvent) -> None:
        """News of one member. What was said before our last command took effect says nothing any more."""
        key = (event.queue, event.interface)
        before, now = self._actual.get(key), _member(event)
        if now == before:
            self._unconfirmed.pop(key, None)
            return  # a device that rings or talks changes no membership, and tells so on each of its calls
        command = self._unconfirmed.get(key)
        if command is not None and time.monotonic() < command.until:
            command.before = now
            return
        self._set(key, now)
        self.wake(_seat(event.interface))

    def _set(self, key: tuple[str, str], member: Member | None) -> None:
        if member is not None:
            self._actual[key] = member
        else:
            self._actual.pop(key, None)

    async def run(self, client: AmiClient, every_seconds: float = 5.0) -> None:
        """Until cancelled: make the PBX agree about whom something changed, and now and then about all."""
        all_at = 0.0
        while True:
            self._changed.clear()
            if time.monotonic() >= all_at:  # however often single seats wake us: what failed is tried again here
                self._due = None
            seats, self._due = self._due, set()
            try:
                await self.keep(client, seats)
                if seats is None:
                    all_at = time.monotonic() + every_seconds
            except Exception:
                # The database is away: the link must go on hearing what the PBX says.
                self._log.exception("members_not_compared")
                self._due = None
            with contextlib.suppress(TimeoutError):
                # not wait_for: on Python 3.11 it swallows a cancellation that comes together with the event
                async with asyncio.timeout(every_seconds):
                    await self._changed.wait()

    async def keep(self, client: AmiClient, seats: Collection[str] | None = None) -> None:
        """Make the PBX agree about these seats, or about all."""
        wanted = await self._ledger.look(lambda session: repository.wanted_members(session, seats))
        actual = [one for one in self._actual.values() if seats is None or _seat(one.interface) in seats]
        mind = _by_seat(wanted)
        commands = [(_seat_of(command), command) for command in plan(wanted, actual)]
        unasked = [_repair_by(command) for seat, command in commands if self._had_our_mind(seat, mind)]
        if unasked and self._on_repairs is not None:
            # We have not changed our mind: somebody or something changed the PBX.
            await self._on_repairs(unasked)
        settled = self._settled = self._settled if self._settled is not None else {}
        settled |= dict.fromkeys(mind.keys() | {seat for seat, _ in commands})
        failed = {seat for seat, command in commands if not await self._carry_out(client, command)}
        compared = settled.keys() if seats is None else seats
        settled |= {seat: mind.get(seat, frozenset()) for seat in compared if seat not in failed}

    def _had_our_mind(self, seat: str, mind: Mapping[str, frozenset[Member]]) -> bool:
        """Whether the PBX was last made to have of it what we want now."""
        return self._settled is not None and self._settled.get(seat, frozenset()) == mind.get(seat, frozenset())

    async def _carry_out(self, client: AmiClient, command: MembershipCommand) -> bool:
        """Believed before it is sent, so that what the PBX says afterwards counts for more; not, if it is refused."""
        action, headers = _action(command)
        self._commands += 1
        key = _key_of(command)
        before = self._actual.get(key)
        self._set(key, _after(command, before))
        self._unconfirmed[key] = _Unconfirmed(time.monotonic() + CONFIRMED_WITHIN, before)
        try:
            answer = await client.send(action, headers)
        except (AmiUnavailable, AmiOutcomeUnknown):
            answer = None  # the next round looks at what the PBX then shows
        except UnsafeAction as error:  # a name that cannot be said must not keep the others out of their queues
            answer = {"Response": "Error", "Message": str(error)}
        if answer is not None and answer.get("Response") == "Success":
            return True
        refused = self._unconfirmed.pop(key, None)
        if refused is not None:  # nothing has told meanwhile what the PBX really has
            self._set(key, refused.before)
        if answer is not None:
            self.disagreements += 1
            self._log.warning("member_command_refused", action=action, why=str(answer.get("Message", "")))
        return False


def _key_of(command: MembershipCommand) -> tuple[str, str]:
    return command.member.key if isinstance(command, AddMember) else (command.queue, command.interface)


def _after(command: MembershipCommand, there: Member | None) -> Member | None:
    """The member once the command is carried out. One removed by somebody meanwhile is added in the next round."""
    if isinstance(command, AddMember):
        return command.member
    if there is None or isinstance(command, RemoveMember):
        return None
    if isinstance(command, PauseMember):
        return replace(there, paused=command.paused, reason=command.reason)
    return replace(there, penalty=command.penalty)


def _members(events: Iterable[MemberEvent]) -> dict[tuple[str, str], Member]:
    found = (_member(event) for event in events)
    return {member.key: member for member in found if member is not None}


def _seat(interface: str) -> str:
    return repository.number_of(interface) or interface


def _seat_of(command: MembershipCommand) -> str:
    return _seat(_key_of(command)[1])


def _by_seat(members: Iterable[Member]) -> dict[str, frozenset[Member]]:
    found: defaultdict[str, set[Member]] = defaultdict(set)
    for member in members:
        found[_seat(member.interface)].add(member)
    return {seat: frozenset(of_seat) for seat, of_seat in found.items()}


def _repair(queue: str, interface: str, before: Member | None, after: Member | None) -> Repair:
    only_pause = before is not None and after is not None and before.penalty == after.penalty
    kind = RepairKind.PAUSE if only_pause else RepairKind.MEMBER
    return Repair(kind, subject=f"{queue} {_seat(interface)}")


def _repair_by(command: MembershipCommand) -> Repair:
    queue, interface = _key_of(command)
    kind = RepairKind.PAUSE if isinstance(command, PauseMember) else RepairKind.MEMBER
    return Repair(kind, subject=f"{queue} {_seat(interface)}")


def _member(event: MemberEvent) -> Member | None:
    """What the event says there is; None for removed, and for what is no agent's device."""
    if isinstance(event, MemberRemoved) or not repository.number_of(event.interface):
        return None
    return Member(event.queue, event.interface, event.member_name, event.penalty, event.paused, event.paused_reason)


def _action(command: MembershipCommand) -> tuple[str, dict[str, str | list[str]]]:
    if isinstance(command, AddMember):
        member = command.member
        return "QueueAdd", {
            "Queue": member.queue,
            "Interface": member.interface,
            "MemberName": member.name,
            "Penalty": str(member.penalty),
            "Paused": "true" if member.paused else "false",
            "Reason": member.reason,
        }
    if isinstance(command, PauseMember):
        return "QueuePause", {
            "Queue": command.queue,
            "Interface": command.interface,
            "Paused": "true" if command.paused else "false",
            "Reason": command.reason,
        }
    if isinstance(command, SetPenalty):
        return "QueuePenalty", {
            "Queue": command.queue,
            "Interface": command.interface,
            "Penalty": str(command.penalty),
        }
    return "QueueRemove", {"Queue": command.queue, "Interface": command.interface}
