"""A throwaway call centre on free ports: the real PBX without prompts, telephones, and our service and voice menu."""

import asyncio
import dataclasses
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from callcenter.agents import repository as agents
from callcenter.bench.agents import QUEUE, fresh_ledger, make_agents
from callcenter.bench.errors import BenchFailed
from callcenter.bench.programs import program, wait_until
from callcenter.bench.scripted_calls import PBX
from callcenter.bench.service import HOST, poll, service
from callcenter.bench.speech import HOTLINE
from callcenter.pbx import instance
from callcenter.pbx.console import run_console
from callcenter.pbx.description import Instance
from callcenter.pbx.install import install
from callcenter.pbx.plan import AgentEndpoint, Line, PbxPlan, QueueRow
from callcenter.pbx.ports import free_block
from callcenter.pbx.secret_store import instance_secrets
from callcenter.phones import Credentials
from callcenter.phones.registration import Registration
from callcenter.phones.sip_address import Address
from callcenter.phones.stack import SipStack

SPEECH_PORTS = (40_000, 43_999)
"""A block's own 400 carry 100 calls; where another program sits on one Asterisk takes the next."""
REGISTERED_SECONDS = 7200
_REGISTER_AT_ONCE = 10
_MEMBERS_SECONDS = 60.0


@dataclass(frozen=True)
class WholeSystem:
    """What runs. `service` and `ivr` are None when only the PBX was asked for."""

    folder: Path
    pbx: Instance
    cookies: dict[str, str]
    service: Popen[bytes] | None = None
    ivr: Popen[bytes] | None = None
    service_port: int = 0

    @property
    def sip(self) -> Address:
        return self.pbx.sip_host, self.pbx.sip_port

    def pids(self) -> dict[str, int]:
        """Of the parts that run, by name."""
        parts = {"service": self.service, "ivr": self.ivr}
        ours = {name: part.pid for name, part in parts.items() if part is not None}
        return {"asterisk": int(self.pbx.pid_file.read_text()), **ours}

    def console(self, command: str) -> str:
        return run_console(self.pbx, command, timeout=10.0)


@contextmanager
def whole_system(folder: Path, seats: int, *, with_us: bool, telephones: Address) -> Iterator[WholeSystem]:
    """The PBX with `seats` telephones registered at `telephones`, all of them in the queue, with or without us."""
    cookies, passwords = asyncio.run(_rows(folder, seats))
    pbx = instance.start(plan=_plan(folder, passwords), build=install(lambda _: None), state_dir=folder)
    with ExitStack() as running:
        running.callback(instance.stop, instance.instance_dir(state_dir=folder, name=PBX))
        asyncio.run(_register(passwords, (pbx.sip_host, pbx.sip_port), telephones))
        system = WholeSystem(folder, pbx, cookies)
        if with_us:
            system = _with_us(system, running)
        else:
            for number in passwords:
                system.console(f"queue add member PJSIP/{number} to {QUEUE}")
        poll("all telephones wait in the queue", lambda: _ready_members(system) >= seats, _MEMBERS_SECONDS)
        yield system


async def _rows(folder: Path, seats: int) -> tuple[dict[str, str], dict[str, str]]:
    """(seat → cookie, seat → SIP password) of a fresh database."""
    ledger = await asyncio.to_thread(fresh_ledger, folder, migrated=True)
    cookies = await make_agents(ledger, seats)
    async with ledger.reading() as session:
        passwords = {agent.number: agent.sip_secret for agent in await agents.list_agents(session)}
    await ledger.database.close()
    return cookies, passwords


def _plan(folder: Path, passwords: dict[str, str]) -> PbxPlan:
    silence = folder / "silence"  # no prompts: the announcements last 9 s, and these callers stay for 3
    silence.mkdir()
    start, end = SPEECH_PORTS
    return PbxPlan(
        name=PBX,
        ports=dataclasses.replace(free_block(), rtp_start=start, rtp_end=end),
        secrets=instance_secrets(instance.instance_dir(state_dir=folder, name=PBX)),
        agents=tuple(AgentEndpoint(number=n, name=f"agent-{n}", secret=s) for n, s in passwords.items()),
        queues=(QueueRow(name=QUEUE, wrapuptime=0),),
        lines=(Line(number=HOTLINE, queue=QUEUE),),
        sounds_dir=silence.resolve(),
    )


async def _register(passwords: dict[str, str], server: Address, telephones: Address) -> None:
    """All accounts from one address; whoever listens there afterwards is all these telephones."""
    stack, places = SipStack(), asyncio.Semaphore(_REGISTER_AT_ONCE)
    await stack.open(*telephones)

    async def one(number: str, password: str) -> None:
        async with places:
            account = Registration(stack, server, number, Credentials(number, password), lambda _: None)
            code = await account.register(REGISTERED_SECONDS)
            if code != 200:
                raise BenchFailed(f"the PBX refused a telephone's registration: {code}")

    try:
        await asyncio.gather(*(one(number, password) for number, password in passwords.items()))
    finally:
        await stack.close()


def _with_us(bare: WholeSystem, running: ExitStack) -> WholeSystem:
    token = secrets.token_urlsafe(32)
    process, port = running.enter_context(service(bare.folder, {"CALLCENTER_IVR_TOKEN": token}))
    env = {
        "IVR_PORT": str(bare.pbx.agi_port),
        "IVR_BACKEND_URL": f"http://{HOST}:{port}",
        "IVR_TOKEN": token,
        "IVR_LOG_LEVEL": "ERROR",  # it warns of each prompt that is not there
    }
    log = bare.folder / "ivr.log"
    ivr = running.enter_context(program("ivr", env=env, log=log))
    wait_until("the voice menu listens", lambda: b"listening" in log.read_bytes(), ivr, log)
    return dataclasses.replace(bare, service=process, ivr=ivr, service_port=port)


def _ready_members(system: WholeSystem) -> int:
    lines = system.console(f"queue show {QUEUE}").splitlines()
    return sum("(Not in use)" in line and "paused" not in line for line in lines)
