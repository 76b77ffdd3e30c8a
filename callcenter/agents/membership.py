"""What we want of each queue member against what the PBX has: the commands that make the PBX agree. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """An agent's device in one queue. `reason` is empty unless paused."""

    queue: str
    interface: str
    name: str
    penalty: int
    paused: bool
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        return self.queue, self.interface


@dataclass(frozen=True, slots=True)
class AddMember:
    member: Member


@dataclass(frozen=True, slots=True)
class RemoveMember:
    queue: str
    interface: str


@dataclass(frozen=True, slots=True)
class PauseMember:
    queue: str
    interface: str
    paused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SetPenalty:
    queue: str
    interface: str
    penalty: int


MembershipCommand = AddMember | RemoveMember | PauseMember | SetPenalty


def plan(wanted: Iterable[Member], actual: Iterable[Member]) -> list[MembershipCommand]:
    """Commands from `actual` to `wanted`: additions first, so that switching devices leaves no gap."""
    want = {member.key: member for member in wanted}
    have = {member.key: member for member in actual}
    commands: list[MembershipCommand] = []
    for key, member in want.items():
        there = have.get(key)
        commands.extend([AddMember(member)] if there is None else _changes(there, member))
    commands.extend(RemoveMember(*key) for key in have if key not in want)
    return commands


def _changes(there: Member, member: Member) -> list[MembershipCommand]:
    if there.name != member.name:  # the PBX cannot rename a member
        return [RemoveMember(*there.key), AddMember(member)]
    commands: list[MembershipCommand] = []
    if there.penalty != member.penalty:
        commands.append(SetPenalty(*member.key, member.penalty))
    if (there.paused, there.reason) != (member.paused, member.reason):
        commands.append(PauseMember(*member.key, member.paused, member.reason))
    return commands
