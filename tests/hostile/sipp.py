"""Calls placed by SIPp whose names and numbers are meant to hurt: each is one journey, shown as harmless text."""

import asyncio
from pathlib import Path
from xml.sax.saxutils import escape

from callcenter.telephony.replay import replay_messages
from tests.hostile.names import HOSTILE_NAMES, HOSTILE_NUMBERS
from tests.hostile.sip import CARRIER, afterwards
from tests.hostile.tried import Tried
from tests.real_asterisk.ami_wire import AmiWire
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx

SIDE_BY_SIDE = 4
LIMIT_SECONDS = 60.0
NUMBER = "13922220000"
_COMMON = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
{caller};tag=[call_number]
To: <sip:{hotline}@[remote_ip]:[remote_port]>{to}
Call-ID: [call_id]
CSeq: {seq}
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70"""
_SDP = """v=0
o=caller 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""


def froms() -> dict[str, str]:
    """From headers by what is hostile in them."""
    found = {
        f"name: {kind}": f'From: "{_quoted(name)}" <sip:{NUMBER}@example.org>' for kind, name in HOSTILE_NAMES.items()
    }
    found |= {
        f"number: {kind}": f"From: <sip:{number}@example.org>" for kind, number in HOSTILE_NUMBERS.items() if number
    }
    return found | {
        "folded": f'From: "王\n 小明"\n\t<sip:{NUMBER}@example.org>',
        "folded into a header": f'From: "Eve\n X-Evil: 1" <sip:{NUMBER}@example.org>',
        "name without quotes": f"From: Eve Example <sip:{NUMBER}@example.org>",
        "no name": f"From: sip:{NUMBER}@example.org",
        "withheld": "From: Anonymous <sip:anonymous@anonymous.invalid>",
        "telephone": f"From: <tel:+86{NUMBER}>",
        "long host": f"From: <sip:{NUMBER}@{'a.' * 500}org>",
    }  # fmt: skip


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def scenario(caller: str) -> str:
    """Call, talk for a moment, hang up."""
    said = caller.replace("[", "\\[")
    parts = {"caller": said, "hotline": HOTLINE}
    start = f"INVITE sip:{HOTLINE}@[remote_ip]:[remote_port] SIP/2.0\n"
    invite = start + _COMMON.format(**parts, to="", seq="1 INVITE")
    ack = start.replace("INVITE", "ACK") + _COMMON.format(**parts, to="[peer_tag_param]", seq="1 ACK")
    bye = start.replace("INVITE", "BYE") + _COMMON.format(**parts, to="[peer_tag_param]", seq="2 BYE")
    body = f"\nContent-Type: application/sdp\nContent-Length: [len]\n\n{_SDP}"
    none = "\nContent-Length: 0\n\n"
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8" ?>',
            '<scenario name="hostile">',
            _send(invite + body, ' retrans="500"'),
            '<recv response="100" optional="true"/>',
            '<recv response="180" optional="true"/>',
            '<recv response="183" optional="true"/>',
            '<recv response="200"/>',
            _send(ack + none),
            '<pause milliseconds="300"/>',
            _send(bye + none, ' retrans="500"'),
            '<recv response="200"/>',
            "</scenario>",
        ]
    )


def _send(text: str, how: str = "") -> str:
    assert "]]>" not in text, escape(text)
    return f"<send{how}><![CDATA[\n\n{text}\n]]></send>"


async def call_in(pbx: RunningPbx, tracer: AmiWire, folder: Path, kinds: list[str]) -> Tried:
    """One call of each of these kinds; what was answered must be one journey, and nothing else."""
    tried, before, places = Tried(), len(tracer.events), asyncio.Semaphore(SIDE_BY_SIDE)
    told = froms()

    async def one(n: int, kind: str) -> bool:
        async with places:
            return await _sipp(pbx, _written(folder / f"call-{n}.xml", scenario(told[kind])))

    answered = await asyncio.gather(*(one(n, kind) for n, kind in enumerate(kinds)))
    tried.cases.update({f"SIPp {kind}": 1 for kind in kinds})
    tried.complaints += await afterwards(pbx, tracer, before)
    ours = [j for j in replay_messages(tracer.events[before:]).journeys if j.caller != "13911112222"]
    tried.cases["journeys of SIPp's calls"] = len(ours)
    refused = [kind for kind, was in zip(kinds, answered, strict=True) if not was]
    if len(ours) != sum(answered):
        tried.complaints.append(f"{sum(answered)} calls were answered, {len(ours)} journeys; refused: {refused}")
    if len(refused) > len(kinds) / 3:
        tried.complaints.append(f"most were not even answered: {refused}")
    return tried


def _written(file: Path, text: str) -> Path:
    file.write_text(text, "utf-8")
    return file


async def _sipp(pbx: RunningPbx, file: Path) -> bool:
    """Whether the PBX took the call."""
    running = await asyncio.create_subprocess_exec(
        "sipp", "{}:{}".format(*pbx.sip), "-sf", str(file), "-m", "1", "-i", CARRIER, "-mi", CARRIER, "-nostdin",
        "-timeout", "20s", "-recv_timeout", "8000",
        cwd=file.parent, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        env={"TERM": "dumb", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    return await asyncio.wait_for(running.wait(), LIMIT_SECONDS) == 0
