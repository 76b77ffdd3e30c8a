"""Hostile SIP against a running PBX of the test's own, and what must hold of the PBX afterwards."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from callcenter.pbx.instance import status
from callcenter.telephony.replay import replay_messages
from tests.hostile.names import CANARY
from tests.hostile.torture import MESSAGES, Place
from tests.hostile.tried import Tried
from tests.real_asterisk.ami_wire import AmiWire
from tests.real_asterisk.queue_scenes import household
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx

STRANGER, CARRIER, LOCAL = "127.0.0.3", "127.0.0.2", "127.0.0.1"
QUIET_SECONDS = 45.0
"""A call that nobody acknowledges is given up by SIP's own timers after 32 s."""
_HEADER = re.compile(rb"^(Via|v|From|f|To|t|Call-ID|i|CSeq)\s*:.*$", re.IGNORECASE | re.MULTILINE)
_CSEQ = re.compile(rb"^CSeq\s*:.*$", re.IGNORECASE | re.MULTILINE)


class Peer(asyncio.DatagramProtocol):
    """One socket: says what it is told, acknowledges answers, hangs up what was answered, agrees to every BYE."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def here(self) -> str:
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"

    def say(self, data: bytes, pbx: tuple[str, int]) -> None:
        self._transport.sendto(data, pbx)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        self.heard.append(data)
        kept = b"\r\n".join(match[0].rstrip() for match in _HEADER.finditer(data))
        if re.match(rb"SIP/2.0 [2-6]", data) and b" INVITE" in kept:
            ack = kept.replace(b" INVITE", b" ACK")
            line = b" sip:%s:%d SIP/2.0\r\n" % (peer[0].encode(), peer[1])
            self.say(b"ACK" + line + ack + b"\r\n\r\n", peer)
            if data.startswith(b"SIP/2.0 2"):
                bye = re.sub(rb"branch\s*=\s*", b"branch=z9hG4bKbye", _CSEQ.sub(b"CSeq: 70000 BYE", kept))
                self.say(b"BYE" + line + bye + b"\r\nContent-Length: 0\r\n\r\n", peer)
        elif data.startswith((b"BYE ", b"OPTIONS ", b"NOTIFY ")):
            self.say(b"SIP/2.0 200 OK\r\n" + kept + b"\r\nContent-Length: 0\r\n\r\n", peer)

    def statuses(self) -> list[int]:
        return [int(found[1]) for data in self.heard if (found := re.match(rb"SIP/2.0 (\d{3})", data))]


@asynccontextmanager
async def peer_at(host: str) -> AsyncIterator[Peer]:
    transport, peer = await asyncio.get_running_loop().create_datagram_endpoint(Peer, local_addr=(host, 0))
    try:
        yield peer
    finally:
        transport.close()


SENDERS = {
    "a stranger": (STRANGER, HOTLINE, "somebody"),
    "the trunk's address": (CARRIER, HOTLINE, "13900000077"),
    "the trunk's address, to nobody": (CARRIER, "nobody-of-ours", "13900000078"),
    "a stranger, to an account": (STRANGER, "1001", "1001"),
    "a stranger, as a household": (LOCAL, HOTLINE, "13899880001"),
}
"""Who sends → (address, whom the message is for, who it says it is from)."""


async def torture(pbx: RunningPbx, tracer: AmiWire, rounds: int = 1) -> Tried:
    """All messages from every sender, then what must hold."""
    tried = Tried()
    before = len(tracer.events)
    for n in range(rounds):
        for who, (host, user, own) in SENDERS.items():
            async with peer_at(host) as peer:
                for name, build in MESSAGES.items():
                    place = Place(peer.here, "{}:{}".format(*pbx.sip), user, own, f"{name}{os.urandom(4).hex()}{n}")
                    peer.say(build(place), pbx.sip)
                    tried.cases[f"RFC 4475 from {who}"] += 1
                    await asyncio.sleep(0.005)  # UDP: more at once would only be lost in the socket's buffer
                await _answered(pbx, tried, who)
                if host == STRANGER and any(200 <= code < 300 for code in peer.statuses()):
                    tried.complaints.append(f"{who} was served: {sorted(set(peer.statuses()))}")
    tried.complaints += await afterwards(pbx, tracer, before)
    return tried


async def _answered(pbx: RunningPbx, tried: Tried, who: str) -> None:
    """A plain OPTIONS still gets its answer."""
    async with peer_at(CARRIER) as peer:
        place = Place(peer.here, "{}:{}".format(*pbx.sip), HOTLINE, "13900000079", os.urandom(6).hex())
        for _ in range(20):
            peer.say(MESSAGES["zeromf"](place).replace(b"Max-Forwards: 0", b"Max-Forwards: 70"), pbx.sip)
            for _ in range(25):
                await asyncio.sleep(0.02)
                if peer.statuses():
                    return
    tried.complaints.append(f"no answer to OPTIONS after {who}")


async def afterwards(pbx: RunningPbx, tracer: AmiWire, before: int) -> list[str]:
    """Complaints: the PBX gone or busy, something dialled or executed, a journey in a bad state, no next call."""
    if status(pbx.instance.home).pid is None:
        return ["the PBX is dead"]
    found = [] if await _quiet(tracer) else ["calls are left in the PBX"]
    events = tracer.events[before:]
    dialled = [e["DestChannel"] for e in events if e["Event"] == "DialBegin"]
    found += [f"dialled {channel}" for channel in dialled]
    for journey in replay_messages(events).journeys:
        if journey.ended_at is None or journey.outcome is None:
            found.append(f"journey {journey.linkedid} is open")
        for text in (journey.caller, journey.caller_name, journey.dialled):
            if not text.isprintable():
                found.append(f"journey {journey.linkedid} shows {text!r}")
    found += executed(pbx)
    async with household(pbx, "13911112222"):
        await tracer.wait_for(
            lambda e: e.get("UserEvent") == "QueueRefused" and e["CallerIDNum"] == "13911112222", "a call as ever"
        )
    return found


def executed(pbx: RunningPbx) -> list[str]:
    """Canaries: files that only an executed text could have made."""
    places = {pbx.instance.home, pbx.instance.home.parent}
    made = [path for place in places for path in place.rglob(f"*{CANARY}*")]
    return [f"executed: {path}" for path in made]


async def _quiet(tracer: AmiWire) -> bool:
    """Whether all calls end within SIP's own patience."""
    deadline = asyncio.get_running_loop().time() + QUIET_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        complete = len(tracer.all("CoreShowChannelsComplete"))
        await tracer.send("CoreShowChannels")
        await tracer.wait_for(
            lambda _, n=complete: len(tracer.all("CoreShowChannelsComplete")) > n,  # type: ignore[misc]
            "the list of channels",
        )
        if tracer.all("CoreShowChannelsComplete")[-1]["ListItems"] == "0":
            return True
        await asyncio.sleep(0.2)
    return False
