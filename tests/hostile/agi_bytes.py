"""FastAGI sessions, spoilt byte by byte, against the running voice menu; good calls go on beside them."""

import contextlib
import logging
import random
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ivr.backend import NoBackend
from ivr.server import IvrServer
from ivr.settings import Settings
from ivr.sounds import Sounds
from tests.fakes.fake_asterisk import FakeAsterisk
from tests.hostile.ami_bytes import GBK, SPOILERS, Spoiler
from tests.hostile.tried import Tried

Address = tuple[str, int]
SIDE_BY_SIDE = 8
PATIENCE = 0.2
MOST_SECONDS = 15.0
"""By then the menu has let go of a session, whatever came: nine commands, each with its own limit."""
PROMPTS = ("recording-notice", "greeting", "main-menu", "no-key", "invalid-key", "connecting")
HELLO = {
    "agi_network": "yes",
    "agi_network_script": "main_menu",
    "agi_request": "agi://127.0.0.1/main_menu",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_language": "zh",
    "agi_uniqueid": "pbx-1795404675.1",
    "agi_callerid": "13800001111",
    "agi_calleridname": "王小明",
    "agi_context": "hotline",
    "agi_extension": "s",
}
ANSWERS = (
    "200 result=1",
    "200 result=0 endpos=8000",
    "200 result=1",
    "200 result=49 endpos=800",
    "200 result=0 endpos=8000",
    "200 result=0",
    "200 result=0",
    "200 result=1",
    "200 result=0 endpos=8000",
)
_COMMAND = re.compile(rb"(SET VARIABLE|STREAM FILE|EXEC|WAIT FOR DIGIT|CHANNEL STATUS|HANGUP)[^\x00-\x1f\x7f]{0,880}")
_RESULTS = (b"-", b"9" * 99, b"9" * 8, b"30", b"\xff", b"(", b"")
_CODES = (b"510 ", b"520-", b"511 ", b"100 ", b"999 ", b"2 ")
_OWN: dict[str, Spoiler] = {
    "GBK name": lambda raw, rng: raw.replace("王小明".encode(), GBK),
    "line breaks": lambda raw, rng: raw.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n"]), rng.randrange(1, 9)),
    "hang-ups": lambda raw, rng: raw.replace(b"200 ", b"HANGUP\n200 ", rng.randrange(1, 4)),
    "results": lambda raw, rng: raw.replace(b"result=", b"result=" + rng.choice(_RESULTS)),
    "codes": lambda raw, rng: raw.replace(b"200 ", rng.choice(_CODES), 1),
    "a megabyte": lambda raw, rng: raw + rng.choice([b"x", b"\n", b"a: b\n", b"\x00"]) * 1_000_000,
}
AGI_SPOILERS = {**SPOILERS, **_OWN}


@contextmanager
def running_menu() -> Iterator[IvrServer]:
    settings = Settings(port=0, hello_seconds=1.0, patience=PATIENCE)
    with IvrServer(settings, Sounds(dict.fromkeys(PROMPTS, 0.01)), NoBackend()) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def call_up(cases: int, rng: random.Random) -> Tried:
    """`cases` spoilt sessions of each kind, some side by side; after each batch a good call."""
    tried = Tried()
    jobs = [(kind, rng.randrange(1 << 30)) for kind in AGI_SPOILERS for _ in range(cases)]
    with _faults_of_the_menu(tried), running_menu() as server, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        address: Address = server.server_address  # type: ignore[assignment]
        for at in range(0, len(jobs), SIDE_BY_SIDE):
            batch = jobs[at : at + SIDE_BY_SIDE]
            complaints = list(pool.map(lambda job: _session(address, *job), batch))
            for (kind, _), found in zip(batch, complaints, strict=True):
                tried.cases[f"AGI: {kind}"] += 1
                tried.complaints += [f"AGI {kind}: {one}" for one in found]
            tried.complaints += _good_call(address)
            tried.cases["AGI: good calls between"] += 1
    return tried


@contextmanager
def _faults_of_the_menu(tried: Tried) -> Iterator[None]:
    """What the server logs as a fault of its own is a complaint: hostile peers are to be expected."""

    class Complain(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tried.complaints.append(f"AGI: {record.getMessage()}: {record.exc_info and record.exc_info[1]!r}")

    handler, log = Complain(logging.ERROR), logging.getLogger("ivr")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def _session(address: Address, kind: str, number: int) -> list[str]:
    rng = random.Random(number)
    said = "".join(f"{key}: {value}\n" for key, value in HELLO.items()) + "\n" + "\n".join(ANSWERS) + "\n"
    raw = AGI_SPOILERS[kind](said.encode(), rng)
    heard = bytearray()
    with socket.create_connection(address) as peer:
        peer.settimeout(MOST_SECONDS)
        with contextlib.suppress(OSError):  # it may have enough before we have done
            peer.sendall(raw)
            if rng.random() < 0.5:
                peer.shutdown(socket.SHUT_WR)
        try:
            while chunk := peer.recv(65536):
                heard += chunk
        except TimeoutError:
            return ["the session was not ended"]
        except ConnectionResetError:
            pass  # it closed while bytes of ours were unread
    odd = [line for line in heard.split(b"\n")[:-1] if not _COMMAND.fullmatch(line)]
    return [f"said {bytes(odd[0][:60])!r}"] if odd or not heard.endswith((b"\n", b"")) else []


def _good_call(address: Address) -> list[str]:
    with FakeAsterisk.calling(address).introduce() as asterisk:
        commands = asterisk.serve({"STREAM FILE hotline/main-menu": ["200 result=49 endpos=100"]})
    told = 'SET VARIABLE "MENU_KEY" "1"' in commands
    return [] if told else [f"AGI: a good call beside it heard only {len(commands)} commands"]
