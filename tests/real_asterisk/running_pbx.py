"""A started PBX as the tests see it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.console import cli
from callcenter.pbx.description import Instance
from callcenter.pbx.instance import instance_dir, start, stop
from callcenter.pbx.plan import AgentEndpoint, HouseholdEndpoint, Line, PbxPlan, QueueRow
from callcenter.pbx.ports import free_block
from callcenter.pbx.secret_store import instance_secrets, new_secret
from callcenter.telephony.ami_client import AmiAddress, AmiClient

AGENTS = ("1001", "1002", "1003", "1004")
HOUSEHOLDS = ("13899880001", "13899880002")
HOTLINE = "96365"


@dataclass(frozen=True)
class RunningPbx:
    """plan.secrets.tracer is the password of the AMI user `tracer`, who may do all."""

    plan: PbxPlan
    build: AsteriskBuild
    instance: Instance

    @property
    def sip(self) -> tuple[str, int]:
        return self.instance.sip_host, self.instance.sip_port

    @property
    def tracer_secret(self) -> str:
        assert self.plan.secrets.tracer is not None
        return self.plan.secrets.tracer

    def agent_secret(self, number: str) -> str:
        return next(agent.secret for agent in self.plan.agents if agent.number == number)

    def household_secret(self, number: str) -> str:
        return next(each.secret for each in self.plan.households if each.number == number)

    def cli(self, command: str) -> str:
        return cli(self.instance.home, command)

    @asynccontextmanager
    async def service_link(self) -> AsyncIterator[AmiClient]:
        """The service's own AMI user, with its rights."""
        pbx = self.instance
        client = AmiClient(AmiAddress(pbx.ami_host, pbx.ami_port, pbx.ami_user, pbx.ami_secret), lambda _: None)
        await client.connect()
        yield client
        client.close()

    def stop(self) -> None:
        stop(self.instance.home)


def plan_of(name: str, state_dir: Path, **changes: object) -> PbxPlan:
    """Agents 1001 to 1004, two queues, two demo households, the line 96365. `changes` replace fields."""
    home = instance_dir(state_dir=state_dir, name=name)
    fields: dict[str, object] = {
        "name": name,
        "ports": free_block(),
        "secrets": instance_secrets(home, tracer=True),
        "agents": tuple(AgentEndpoint(number=n, name=f"agent-{n}", secret=new_secret()) for n in AGENTS),
        "queues": (
            # No wrap-up guard rail: tests serve several callers in a row.
            QueueRow(name="hotline-zh", wrapuptime=0),
            QueueRow(name="hotline-ug", language="ug", wrapuptime=0),
        ),
        "households": tuple(HouseholdEndpoint(number=n, secret=new_secret()) for n in HOUSEHOLDS),
        "lines": (Line(number=HOTLINE, queue="hotline-zh"),),
        "voicemail_silence": 1,
    }
    return PbxPlan(**{**fields, **changes})  # type: ignore[arg-type]


def start_pbx(plan: PbxPlan, build: AsteriskBuild, state_dir: Path) -> RunningPbx:
    return RunningPbx(plan=plan, build=build, instance=start(plan=plan, build=build, state_dir=state_dir))
