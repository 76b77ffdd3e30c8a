"""The whole system on this machine for the proof: PBX, menu, service, an AMI that can be cut, agents' telephones."""

import asyncio
import dataclasses
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from callcenter.bench.agents import make_agents
from callcenter.cli import starting
from callcenter.cli.machine import open_ledger
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.pbx.description import write_description
from callcenter.pbx.install import install
from callcenter.phones import CallReport, PhonePlan, PhoneReport, Talk, run_phone
from tests.browser.stack import Stack, start_stack, wait_until
from tests.prove.ami_proxy import AmiProxy

FIRST_SEAT, SEATS = 1101, 20
WRAP_UP_SECONDS = 1
ANSWER_AFTER = 0.6


@dataclass
class Centre:
    stack: Stack
    proxy: AmiProxy
    cookies: dict[str, str]

    @property
    def settings(self) -> Settings:
        return self.stack.settings

    def health(self) -> dict[str, Any]:
        """/readyz; empty while the service does not answer."""
        try:
            told: dict[str, Any] = httpx.get(f"{self.stack.url}/readyz", timeout=1.0).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return told

    def is_live(self) -> bool:
        told = self.health()
        return bool(told) and bool(told["ami"]["ok"])

    def put_proxy_in_front(self) -> None:
        """The service finds the proxy where the PBX's AMI was described."""
        pbx = self.stack.pbx
        if pbx.ami_port != self.proxy.port:
            self.proxy.target = (pbx.ami_host, pbx.ami_port)
            write_description(dataclasses.replace(pbx, ami_port=self.proxy.port))

    def kill(self, name: str) -> None:
        """SIGKILL one of our background programs, by its pid."""
        running = self.stack.background.running(name)
        assert running is not None, f"{name} does not run"
        os.kill(running.pid, signal.SIGKILL)
        wait_until(f"{name} is dead", lambda: self.stack.background.running(name) is None)

    def kill_pbx(self) -> None:
        pbx = self.stack.pbx
        pid = int(pbx.pid_file.read_text())
        os.kill(pid, signal.SIGKILL)
        wait_until("the PBX is dead", lambda: not _lives(pid))

    def start_pbx(self) -> None:
        starting.start_pbx(self.settings, demo=True)
        self.put_proxy_in_front()

    @asynccontextmanager
    async def phones(self, *, answer_after: float = ANSWER_AFTER) -> AsyncIterator[list[CallReport]]:
        """Every agent's telephone, registered and answering; their reports once the block is over."""
        pbx, stop = self.stack.pbx, asyncio.Event()
        reports: list[CallReport] = []
        ready = [asyncio.Event() for _ in self.cookies]
        plans = [
            PhonePlan(
                user=seat,
                server=(pbx.sip_host, pbx.sip_port),
                password=self.stack.agent_secrets[seat],
                answer_after=answer_after,
                talk=Talk(),
            )
            for seat in self.cookies
        ]
        running = [
            asyncio.create_task(run_phone(plan, stop=stop, on_ready=lambda _, event=event: event.set()))  # type: ignore[misc]
            for plan, event in zip(plans, ready, strict=True)
        ]
        await asyncio.wait_for(asyncio.gather(*(event.wait() for event in ready)), 20)
        try:
            yield reports
        finally:
            stop.set()
            for told in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(told, PhoneReport):
                    reports.extend(told.calls)

    def stop(self) -> None:
        self.stack.stop()


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def start_centre(folder: Path) -> Centre:
    """Everything, without prompts, so that a caller is at the menu at once."""
    install(lambda _: None)
    silence = folder / "silence"
    silence.mkdir(parents=True)
    os.environ["CALLCENTER_WRAP_UP_SECONDS"] = str(WRAP_UP_SECONDS)
    settings = Settings(state_dir=folder / "var", sounds_dir=silence, port=0)
    schema.upgrade(settings.sqlalchemy_url)
    cookies = asyncio.run(_seats(settings))
    stack = start_stack(folder / "var", sounds=silence)
    centre = Centre(stack, AmiProxy((stack.pbx.ami_host, stack.pbx.ami_port)), cookies)
    centre.put_proxy_in_front()
    stack.background.stop("service")
    stack.start_service()
    return centre


async def _seats(settings: Settings) -> dict[str, str]:
    ledger = open_ledger(settings)
    try:
        return await make_agents(ledger, SEATS, first=FIRST_SEAT)
    finally:
        await ledger.database.close()
