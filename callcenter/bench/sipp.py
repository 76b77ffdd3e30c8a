"""SIPp (Debian's sip-tester) as many households without sound, and as all agents' telephones."""

import csv
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from callcenter.bench.errors import BenchFailed
from callcenter.bench.programs import running
from callcenter.phones.sip_address import Address

HOUSEHOLDS, TELEPHONES = "127.0.0.2", "127.0.0.3"
"""The PBX takes the first for its carrier's trunk."""
KEY_AFTER_MS = 300
RING_MS = 200
_ANSWER_SECONDS = 10

_SDP = """
v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
"""
_DIALOG = """
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]:[local_port]>;tag=h[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to}
Call-ID: [call_id]
CSeq: {cseq}
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70"""
_TARGET = "sip:[service]@[remote_ip]:[remote_port] SIP/2.0"
_BODY = "\nContent-Type: application/sdp\nContent-Length: [len]\n"
_EMPTY = "\nContent-Length: 0\n"


def _send(text: str, *, again: bool = True) -> str:
    repeats = ' retrans="500"' if again else ""
    return f"<send{repeats}><![CDATA[\n{text.strip()}\n\n]]></send>\n"


def _request(method: str, cseq: str, *, within: bool, body: str = _EMPTY, again: bool = True) -> str:
    target = "[next_url]" if within else ""
    line = f"{method} {target} SIP/2.0" if within else f"{method} {_TARGET}"
    head = _DIALOG.format(to="[peer_tag_param]" if within else "", cseq=cseq)
    return _send(line + head + body, again=again)


def _answer(line: str, body: str, *, again: bool) -> str:
    head = "\n".join(f"[last_{name}:]" for name in ("Via", "From"))
    tail = "\n[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:[local_ip]:[local_port]>"
    return _send(f"SIP/2.0 {line}\n{head}\n[last_To:];tag=t[call_number]{tail}{body}", again=again)


def household(seconds: float) -> str:
    """The scenario of one call: dial, press 1 (SIP INFO), stay for `seconds` after the answer, hang up."""
    key = "\nContent-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal=1\nDuration=120\n"
    rest = max(0, round(1000 * seconds) - KEY_AFTER_MS)
    return _scenario(
        _request("INVITE", "1 INVITE", within=False, body=_BODY + _SDP),
        *(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183)),
        f'<recv response="200" rrs="true" timeout="{1000 * _ANSWER_SECONDS}"/>\n',
        _request("ACK", "1 ACK", within=True, again=False),
        f'<pause milliseconds="{KEY_AFTER_MS}"/>\n',
        _request("INFO", "2 INFO", within=True, body=key),
        '<recv response="200"/>\n',
        f'<pause milliseconds="{rest}"/>\n',
        _request("BYE", "3 BYE", within=True),
        '<recv response="200"/>\n',
    )


def telephone() -> str:
    """The scenario of a telephone that rings shortly, answers, and waits for the other side's end."""
    return _scenario(
        '<recv request="INVITE"/>\n',
        _answer("180 Ringing", _EMPTY, again=False),
        f'<pause milliseconds="{RING_MS}"/>\n',
        _answer("200 OK", _BODY + _SDP, again=True),
        '<recv request="ACK"/>\n',
        '<recv request="BYE"/>\n',
        _send(
            "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]" + _EMPTY,
            again=False,
        ),
    )


def _scenario(*steps: str) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="bench">\n' + "".join(steps) + "</scenario>\n"


def sipp(
    folder: Path, name: str, scenario: str, *args: str, local: Address
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """SIPp with that scenario for as long as the block lasts; its counts are in `counts(folder, name)`."""
    if shutil.which("sipp") is None:
        raise BenchFailed("sipp is missing; Debian's package is sip-tester")
    (folder / f"{name}.xml").write_text(scenario)
    words = [
        *("sipp", "-sf", f"{name}.xml", "-i", local[0], "-p", str(local[1]), "-mi", local[0], "-nostdin"),
        *("-trace_stat", "-stf", f"{name}.csv", "-fd", "1", "-trace_err", "-error_file", f"{name}.errors"),
        *args,
    ]
    return running(words, folder / f"{name}.log", cwd=folder, stdin=subprocess.DEVNULL)


def callers_file(folder: Path, numbers: Sequence[str]) -> Path:
    """Each call takes the next of these numbers as its own."""
    path = folder / "callers.csv"
    path.write_text("SEQUENTIAL\n" + "".join(f"{number};\n" for number in numbers))
    return path


def counts(folder: Path, name: str) -> dict[str, int]:
    """SIPp's last sums: begun, succeeded, failed, sent_again. Zeros before the first second is over."""
    names = {
        "begun": "TotalCallCreated",
        "succeeded": "SuccessfulCall(C)",
        "failed": "FailedCall(C)",
        "sent_again": "Retransmissions(C)",
    }
    path = folder / f"{name}.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8"), delimiter=";")) if path.is_file() else []
    last = rows[-1] if rows else {}
    return {ours: int(last.get(theirs) or 0) for ours, theirs in names.items()}


def first_errors(folder: Path, name: str, most: int = 3) -> str:
    """What SIPp complained of first, in one line."""
    path = folder / f"{name}.errors"
    text = path.read_text("utf-8", "replace") if path.is_file() else ""
    return " / ".join(line.strip() for line in text.splitlines() if line.strip())[: most * 200]
