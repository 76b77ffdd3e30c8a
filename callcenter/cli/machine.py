"""This machine's deployment: its folders, its PBX plan, its background processes' names."""

import asyncio
import json
from collections.abc import Collection
from pathlib import Path

from callcenter.agents import duty_phone
from callcenter.agents import repository as agents
from callcenter.cli.addresses import find_instance, pbx_home
from callcenter.cli.output import say
from callcenter.foundation.clock import SystemClock
from callcenter.foundation.database import Database
from callcenter.foundation.settings import Settings
from callcenter.foundation.state_dir import make_private_dir
from callcenter.foundation.transactions import Ledger
from callcenter.pbx.plan import AgentEndpoint, HouseholdEndpoint, Line, PbxPlan, PbxPorts, QueueRow
from callcenter.pbx.ports import block_at, free_block
from callcenter.pbx.secret_store import instance_secrets, new_secret, write_private

PREFERRED_BASE = 15000
HOUSEHOLD_NUMBERS = ("13899886021", "09912825555")


def open_ledger(settings: Settings) -> Ledger:
    make_private_dir(settings.state_dir)
    return Ledger(Database(settings.sqlalchemy_url), SystemClock())


def has_households(settings: Settings) -> bool:
    """Whether the PBX was given the demo's household accounts."""
    return _households_file(settings).is_file()


def _households_file(settings: Settings) -> Path:
    return settings.state_dir / "households.json"


def household_secrets(settings: Settings) -> dict[str, str]:
    """Passwords of the demo household accounts, made once."""
    path = _households_file(settings)
    if path.is_file():
        found: dict[str, str] = json.loads(path.read_text())
        return found
    made = {number: new_secret() for number in HOUSEHOLD_NUMBERS}
    make_private_dir(path.parent)
    write_private(path, json.dumps(made))
    return made


def ports_for(settings: Settings) -> PbxPorts:
    """The ports of last time if there was one, else a free block."""
    known = find_instance(settings)
    return block_at(known.sip_port) if known else free_block(preferred=PREFERRED_BASE)


async def _rows(settings: Settings) -> tuple[tuple[AgentEndpoint, ...], tuple[QueueRow, ...]]:
    ledger = open_ledger(settings)
    try:
        async with ledger.reading() as session:
            seats = tuple(
                AgentEndpoint(number=agent.number, name=f"agent-{agent.number}", secret=agent.sip_secret)
                for agent in await agents.list_agents(session)
            )
            rung = {seat.number for seat in seats}
            queues = tuple(
                QueueRow(
                    name=queue.name,
                    language=queue.language,
                    timeout=queue.ring_seconds,
                    max_wait_seconds=queue.most_wait_seconds,
                    duty_phone=_duty_phone(queue.duty_phone, rung, settings.area_code),
                )
                for queue in await agents.list_queues(session)
            )
    finally:
        await ledger.database.close()
    return seats, queues


def _duty_phone(number: str | None, seats: Collection[str], area_code: str) -> str | None:
    """None for what may no longer be rung (its seat has gone): the PBX must start all the same."""
    if number is None or duty_phone.may_be_rung(number, seats=seats, area_code=area_code):
        return number
    say("a queue's duty phone is no seat and no number of this city any more; it is left out")
    return None


def pbx_plan(settings: Settings, *, demo: bool) -> PbxPlan:
    """What the PBX's configuration says, from settings and database rows."""
    seats, queues = asyncio.run(_rows(settings))
    queues = queues or (QueueRow(name=settings.default_queue),)
    households: tuple[HouseholdEndpoint, ...] = ()
    if demo:
        secrets = household_secrets(settings)
        households = tuple(HouseholdEndpoint(number=n, secret=s) for n, s in secrets.items())
    return PbxPlan(
        name=settings.pbx_name,
        ports=ports_for(settings),
        secrets=instance_secrets(pbx_home(settings)),
        agents=seats,
        queues=queues,
        households=households,
        lines=(Line(number=settings.hotline_number, queue=settings.default_queue),),
        area_code=settings.area_code,
        sounds_dir=settings.sounds_dir.resolve() if settings.sounds_dir else None,
    )
