"""Lines by their names: who is an agent, what is a helper of the PBX, and who hears whom.

Nothing depends on contexts, extensions or names of queues: an agent's device is `PJSIP/` and a short number
(`PJSIP/1001` desk phone, `PJSIP/1001-web` browser); everything else that is real is a household or another outside
party.
"""

import re
from collections.abc import Mapping

from callcenter.calls.journeys import Line

_AGENT = re.compile(r"PJSIP/(\d{3,5})(?:-[a-z]+)?")
_LOCAL_MEMBER = re.compile(r"Local/(\d{3,5})@")

#: Channels that the PBX makes for its own use; nobody speaks on them.
_HELPERS = frozenset(
    {"Local", "AsyncGoto", "Surrogate", "Message", "CBAnn", "CBRec", "Announcer", "Recorder", "Snoop", "MulticastRTP"}
)


def interface_of(channel: str) -> str:
    """`PJSIP/1001-web-0000000c` → `PJSIP/1001-web`."""
    return channel.rpartition("-")[0] or channel


def is_agent_interface(interface: str) -> bool:
    """True for an agent's desk phone or browser."""
    return _AGENT.fullmatch(interface) is not None


def is_real_channel(channel: str) -> bool:
    """False for Local halves and other helpers of the PBX (also `OutgoingSpoolFailed`, which has no technology)."""
    technology, slash, _ = channel.partition("/")
    return bool(slash) and technology not in _HELPERS


def member_interface(interface: str) -> str:
    """The device behind a queue member: `Local/1001@from-agents` → `PJSIP/1001`, others as they are."""
    match = _LOCAL_MEMBER.match(interface)
    return f"PJSIP/{match[1]}" if match else interface


def number_of(line: Line) -> str:
    """What one would dial to reach this line: the agent's short number, else the number it shows."""
    match = _AGENT.fullmatch(line.interface)
    return match[1] if match else line.number or line.dialled


def other_half(channel: str) -> str:
    """`Local/1003@ctx-00000000;1` → `…;2` and back; empty for anything else."""
    if channel.startswith("Local/") and channel[-2:] in (";1", ";2"):
        return channel[:-1] + ("2" if channel.endswith("1") else "1")
    return ""


def within_hearing(lines: Mapping[str, Line], start: Line) -> list[Line]:
    """The other real lines in this line's bridge, also through pairs of Local halves."""
    if not start.bridge:
        return []
    bridges = [start.bridge]
    heard: list[Line] = []
    for bridge in bridges:
        for line in lines.values():
            if line.bridge != bridge or line is start:
                continue
            if line.is_real:
                heard.append(line)
            else:
                bridges.extend(_beyond(lines, line.channel, bridges))
    return heard


def _beyond(lines: Mapping[str, Line], half: str, seen: list[str]) -> list[str]:
    other = other_half(half)
    return [x.bridge for x in lines.values() if x.channel == other and x.bridge and x.bridge not in seen]
