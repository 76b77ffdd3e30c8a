"""Keeps the PBX's queues as our database wants them; learns what they are from the PBX alone."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from callcenter.agents import repository
from callcenter.agents.membership import (
    AddMember,
    Member,
    MembershipCommand,
    PauseMember,
    SetPenalty,
    plan,
)
from callcenter.calls.pbx_events import MemberEvent, MemberRemoved
from callcenter.calls.repairs import Repair, RepairKind
from callcenter.foundation import logs
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.ami_client import AmiClient, AmiOutcomeUnknown, AmiUnavailable
from callcenter.telephony.ami_encoding import UnsafeAction

OnRepairs = Callable[[list[Repair]], Awaitable[None]]


class MemberKeeper:
    """One a PBX. `note` takes what the PBX says; `keep` compares and commands."""

    def __init__(self, ledger: Ledger, on_repairs: OnRepairs | None = None) -> None:
        self._ledger = ledger
        self._on_repairs = on_repairs
        self._actual: dict[tuple[str, str], Member] = {}
        self._wanted: frozenset[Member] | None = None
        """What the PBX was last made to have; None while it is not known to have it."""
        self._commands = 0
        self._changed = asyncio.Event()
        self._log = logs.get("members")
        self.disagreements = 0

    def wake(self) -> None:
        self._changed.set()

    def shown(self, events: Iterable[MemberEvent]) -> None:
        """All members as the PBX lists them."""
        self._actual = _members(events)
        self._changed.set()

    def agrees(self, events: Iterable[MemberEvent]) -> bool:
        """Whether that list is what we believe."""
        return _members(events) == self._actual

    @property
    def commands(self) -> int:
        """How many have been given: a list asked for before the last one says nothing."""
        return self._commands

    def corrected(self, events: Iterable[MemberEvent]) -> list[Repair]:
        """Believe that list; what we had not heard of."""
        before, self._actual = self._actual, _members(events)
        self._changed.set()
        keys = [key for key in before | self._actual if before.get(key) != self._actual.get(key)]
        return [_repair(*key, before.get(key), self._actual.get(key)) for key in keys]

    def note(self, event: MemberEvent) -> None:
        key = (event.queue, event.interface)
        before, now = self._actual.get(key), _member(event)
        if now == before:
            return  # a device that rings or talks changes no membership, and tells so on each of its calls
        if now is None:
            del self._actual[key]
        else:
            self._actual[key] = now
        self._changed.set()

    async def run(self, client: AmiClient, every_seconds: float = 5.0) -> None:
        """Until cancelled: make the PBX agree whenever something changed, and now and then anyway."""
        while True:
            self._changed.clear()
            try:
                await self.keep(client)
            except Exception:
                # The database is away: the link must go on hearing what the PBX says.
                self._log.exception("members_not_compared")
            with contextlib.suppress(TimeoutError):
                # not wait_for: on Python 3.11 it swallows a cancellation that comes together with the event
                async with asyncio.timeout(every_seconds):
                    await self._changed.wait()

    async def keep(self, client: AmiClient) -> None:
        async with self._ledger.reading() as session:
            wanted = frozenset(await repository.wanted_members(session))
        commands = plan(wanted, self._actual.values())
        if commands and self._wanted == wanted and self._on_repairs is not None:
            # We have not changed our mind: somebody or something changed the PBX.
            await self._on_repairs([_repair_by(command) for command in commands])
        self._wanted = None
        done = [await self._carry_out(client, command) for command in commands]
        self._wanted = wanted if all(done) else None

    async def _carry_out(self, client: AmiClient, command: MembershipCommand) -> bool:
        """Believed before it is sent, so that what the PBX says afterwards counts for more; not, if it is refused."""
        action, headers = _action(command)
        self._commands += 1
        before = dict(self._actual)
        self._believe(command)
        believed = dict(self._actual)
        try:
            answer = await client.send(action, headers)
        except (AmiUnavailable, AmiOutcomeUnknown):
            answer = None  # the next round looks at what the PBX then shows
        except UnsafeAction as error:  # a name that cannot be said must not keep the others out of their queues
            answer = {"Response": "Error", "Message": str(error)}
        if answer is not None and answer.get("Response") == "Success":
            return True
        if self._actual == believed:
            self._actual = before
        if answer is not None:
            self.disagreements += 1
            self._log.warning("member_command_refused", action=action, why=str(answer.get("Message", "")))
        return False

    def _believe(self, command: MembershipCommand) -> None:
        """The event that confirms it may still be in the inbox: do not send the same command again meanwhile."""
        if isinstance(command, AddMember):
            self._actual[command.member.key] = command.member
            return
        there = self._actual.pop((command.queue, command.interface), None)
        if there is None:  # removed by somebody else meanwhile: the next round adds it
            return
        if isinstance(command, PauseMember):
            self._actual[there.key] = replace(there, paused=command.paused, reason=command.reason)
        elif isinstance(command, SetPenalty):
            self._actual[there.key] = replace(there, penalty=command.penalty)


def _members(events: Iterable[MemberEvent]) -> dict[tuple[str, str], Member]:
    found = (_member(event) for event in events)
    return {member.key: member for member in found if member is not None}


def _repair(queue: str, interface: str, before: Member | None, after: Member | None) -> Repair:
    only_pause = before is not None and after is not None and before.penalty == after.penalty
    kind = RepairKind.PAUSE if only_pause else RepairKind.MEMBER
    return Repair(kind, subject=f"{queue} {repository.number_of(interface) or interface}")


def _repair_by(command: MembershipCommand) -> Repair:
    key = command.member.key if isinstance(command, AddMember) else (command.queue, command.interface)
    kind = RepairKind.PAUSE if isinstance(command, PauseMember) else RepairKind.MEMBER
    return Repair(kind, subject=f"{key[0]} {repository.number_of(key[1]) or key[1]}")


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
