"""What the PBX shows now: its life, its lines, its waiting callers, members and devices (recovery, steps 1 and 3)."""

from dataclasses import dataclass
from datetime import datetime

from callcenter.calls.live_lines import LiveLine, LiveWait
from callcenter.calls.models import PbxLife
from callcenter.calls.pbx_events import DeviceStateChanged, MemberEvent
from callcenter.foundation.ids import new_secret_id
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import ami_events, ami_members
from callcenter.telephony.ami_client import AmiClient

LIFE = "CALLCENTER_LIFE"


@dataclass(frozen=True, slots=True)
class Picture:
    at: datetime
    lines: list[LiveLine]
    waits: list[LiveWait]
    members: list[MemberEvent]
    devices: list[DeviceStateChanged]


async def read_lists(client: AmiClient, pbx: str, at: datetime) -> Picture:
    """Everything once, in the order lines, queues, devices. What it said before may still be on its way."""
    lines = [line for row in await client.ask_list("CoreShowChannels") if (line := ami_events.live_line(row))]
    waits: list[LiveWait] = []
    members: list[MemberEvent] = []
    for row in await client.ask_list("QueueStatus"):
        if row["Event"] == "QueueEntry" and (wait := ami_events.live_wait(row)):
            waits.append(wait)
        elif row["Event"] == "QueueMember":
            members.append(ami_members.live_member(row, pbx, at))
    told = [ami_events.translate(row, pbx, at) for row in await client.ask_list("DeviceStateList")]
    devices = [event for event in told if isinstance(event, DeviceStateChanged)]
    return Picture(at, lines, waits, members, devices)


async def take_life(client: AmiClient, ledger: Ledger, pbx: str) -> bool:
    """Whether this is another life of the PBX than the one we knew; marks it as known.

    The PBX is asked and told outside any transaction: it may take its time, and SQLite has one writer. It is told
    first: a mark that we have not written down counts as a new life again, never as one we have seen.
    """
    answer = await client.send("Getvar", {"Variable": LIFE})
    token = str(answer.get("Value", ""))
    async with ledger.reading() as session:
        known = await session.get(PbxLife, pbx)
    if known is not None and token and known.token == token:
        return False
    token = new_secret_id()
    await client.send("Setvar", {"Variable": LIFE, "Value": token})
    async with ledger.transaction() as tx:
        row = await tx.session.get(PbxLife, pbx)
        if row is None:
            tx.session.add(PbxLife(pbx=pbx, token=token, since=tx.now, last_event_at=tx.now))
        else:
            row.token, row.since = token, tx.now
    return True
