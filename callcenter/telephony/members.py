"""Keeps the PBX's queues as our database wants them; learns what they are from the PBX alone."""

import asyncio
import contextlib
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
from callcenter.foundation import logs
from callcenter.foundation.transactions import Ledger
from callcenter.telephony.ami_client import AmiClient, AmiOutcomeUnknown, AmiUnavailable


class MemberKeeper:
    """One a PBX. `note` takes what the PBX says; `keep` compares and commands."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._actual: dict[tuple[str, str], Member] = {}
        self._changed = asyncio.Event()
        self._log = logs.get("members")
        self.disagreements = 0

    def wake(self) -> None:
        self._changed.set()

    def reset(self) -> None:
        self._actual.clear()

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
            wanted = await repository.wanted_members(session)
        for command in plan(wanted, self._actual.values()):
            await self._carry_out(client, command)

    async def _carry_out(self, client: AmiClient, command: MembershipCommand) -> None:
        """Believed before it is sent, so that what the PBX says afterwards counts for more; not, if it is refused."""
        action, headers = _action(command)
        before = dict(self._actual)
        self._believe(command)
        believed = dict(self._actual)
        try:
            answer = await client.send(action, headers)
        except (AmiUnavailable, AmiOutcomeUnknown):
            answer = None  # the next round looks at what the PBX then shows
        if answer is not None and answer.get("Response") == "Success":
            return
        if self._actual == believed:
            self._actual = before
        if answer is not None:
            self.disagreements += 1
            self._log.warning("member_command_refused", action=action, why=str(answer.get("Message", "")))

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
