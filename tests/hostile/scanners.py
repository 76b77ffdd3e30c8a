"""The scanners that knock at every SIP server (sipvicious, sipsak), on loopback, against a PBX of the test's own."""

import asyncio
import re
import sys
from pathlib import Path

from tests.hostile.sip import LOCAL, STRANGER, Peer, afterwards, peer_at
from tests.hostile.torture import MESSAGES, Place
from tests.hostile.tried import Tried
from tests.real_asterisk.ami_wire import AmiWire
from tests.real_asterisk.running_pbx import AGENTS, HOTLINE, RunningPbx

BIN = Path(sys.executable).parent
WORDS = ("1001", "1002", "1234", "0000", "password", "callcenter", "admin", "96365", "asterisk", "qwerty")
LIMIT_SECONDS = 120.0
UNKNOWN = ("4711", "9999", "nobody", "trunk", "callcenter")
_GUESSED = re.compile(r"\b(SecurityEvent)=\"(\w+)\"")


async def scan(pbx: RunningPbx, tracer: AmiWire, home: Path, guesses: int) -> Tried:
    """All scanners side by side (sipvicious keeps its notes in `home`), then what must hold."""
    tried, before = Tried(), len(tracer.events)
    (home / "words").write_text("\n".join((*WORDS, *(f"{n:04d}" for n in range(guesses)))))
    host, port = pbx.sip[0], str(pbx.sip[1])
    address = f"sip:1001@{host}:{port}"
    runs = {
        "svmap": ("sipvicious_svmap", "-p", port, host),
        "svwar REGISTER": ("sipvicious_svwar", "--force", "-e", "1000-1010", "-m", "REGISTER", "-p", port, host),
        "svwar INVITE": ("sipvicious_svwar", "--force", "-e", "1000-1010", "-m", "INVITE", "-p", port, host),
        "svwar OPTIONS": ("sipvicious_svwar", "--force", "-e", "1000-1010", "-m", "OPTIONS", "-p", port, host),
        "svcrack": ("sipvicious_svcrack", "-u", "1001", "-d", str(home / "words"), "-p", port, host),
        "sipsak OPTIONS": ("/usr/bin/sipsak", "-vv", "-s", address),
        "sipsak flood": ("/usr/bin/sipsak", "-F", "-e", "300", "-s", address),
        "sipsak trash": ("/usr/bin/sipsak", "-R", "-t", "20", "-s", address),
    }
    said = dict(zip(runs, await asyncio.gather(*(_run(home, *run) for run in runs.values())), strict=True))
    tried.cases.update({f"scanner: {name}": 1 for name in runs})
    tried.cases["passwords guessed by svcrack"] = len(WORDS) + guesses
    if HOTLINE in said["svmap"] or "callcenter-pbx" not in said["svmap"]:
        tried.complaints.append("svmap has not been there, so the others may not have been")
    for name in ("svwar REGISTER", "svwar INVITE", "svwar OPTIONS"):
        tried.complaints += _told_apart(name, said[name])
    if "found nothing" not in said["svcrack"]:
        tried.complaints.append(f"svcrack: {said['svcrack'][-200:]}")
    if "SIP/2.0 200" in said["sipsak OPTIONS"]:
        tried.complaints.append("sipsak was served")
    tried.add(await _same_answers(pbx))
    tried.complaints += _unlogged(pbx) + await afterwards(pbx, tracer, before)
    return tried


async def _run(home: Path, program: str, *arguments: str) -> str:
    path = program if program.startswith("/") else str(BIN / program)
    running = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(running.communicate(), LIMIT_SECONDS)
    except TimeoutError:
        running.kill()
        return "not ended in time"
    return said.decode("utf-8", "replace")


def _told_apart(name: str, said: str) -> list[str]:
    """svwar's table, if any, must have the same word behind accounts that exist and those that do not."""
    rows = dict(re.findall(r"^\| (\d{4})\s+\| (\w+)", said, re.MULTILINE))
    kinds = {(number in AGENTS, word) for number, word in rows.items()}
    apart = len({word for _, word in kinds}) > 1 or (rows and len({there for there, _ in kinds}) < 2)
    return [f"{name} tells accounts apart: {rows}"] if apart else []


async def _same_answers(pbx: RunningPbx) -> Tried:
    """Our own look, sharper than any scanner's: the very same answer, but for what is random in it."""
    tried = Tried()
    for method in ("REGISTER", "INVITE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "REFER", "INFO"):
        for host in (LOCAL, STRANGER):
            answers = {user: await _answer(pbx, host, method, user) for user in (*AGENTS[:2], *UNKNOWN)}
            tried.cases["accounts asked for"] += len(answers)
            if len(set(answers.values())) != 1:
                tried.complaints.append(f"{method} from {host} tells accounts apart: {answers}")
    return tried


async def _answer(pbx: RunningPbx, host: str, method: str, user: str) -> str:
    async with peer_at(host) as peer:
        place = Place(peer.here, "{}:{}".format(*pbx.sip), user, user, f"x{method}{user}")
        data = MESSAGES["zeromf"](place).replace(b"OPTIONS", method.encode())
        data = data.replace(b"Max-Forwards: 0", b"Max-Forwards: 70")
        for _ in range(10):
            peer.say(data, pbx.sip)
            if await _hears(peer):
                break
        else:
            return "nothing"
        return _without_chance(peer.heard[0].decode("utf-8", "replace"), user)


async def _hears(peer: Peer) -> bool:
    for _ in range(100):
        if peer.heard:
            return True
        await asyncio.sleep(0.01)
    return False


def _without_chance(text: str, user: str) -> str:
    text = re.sub(r'(nonce|opaque|tag|branch|Call-ID: |rport|received)"?[=:]?"?[\w/.\-+]*', r"\1", text)
    return re.sub(r"127\.0\.0\.\d:\d+", "", text.replace(f"sip:{user}@", "sip:USER@"))


def _unlogged(pbx: RunningPbx) -> list[str]:
    """Guesses stand in security.log, where fail2ban reads them."""
    log = (pbx.instance.log_dir / "security.log").read_text("utf-8", "replace")
    events = {word for _, word in _GUESSED.findall(log)}
    wanted = {"ChallengeResponseFailed", "InvalidAccountID"}
    return [] if wanted <= events else [f"security.log has only {sorted(events)}"]
