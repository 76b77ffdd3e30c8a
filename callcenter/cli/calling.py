"""`callcenter call` and `callcenter phone`: a household that calls, a telephone that is called."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from callcenter.agents import repository as agents
from callcenter.calls import repository
from callcenter.calls.ledger_json import journey_json
from callcenter.calls.models import JourneyRow
from callcenter.cli.addresses import find_instance
from callcenter.cli.machine import open_ledger
from callcenter.cli.output import clear_failures, fail, people, print_json, say
from callcenter.foundation.phone_numbers import mask, normalise
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger
from callcenter.pbx.description import Instance
from callcenter.phones.happenings import Happening
from callcenter.phones.place_call import CallPlan, place_call
from callcenter.phones.reports import CallReport
from callcenter.phones.run_phone import PhonePlan, run_phone
from callcenter.phones.talking import Talk

LEDGER_SECONDS = 6.0
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _instance(settings: Settings) -> Instance:
    found = find_instance(settings)
    if found is None:
        fail("no PBX was started here; run `callcenter up` first")
    return found


def _tell(happening: Happening) -> None:
    say(f"{happening.seconds:7.2f} s  {happening.what.value} {happening.detail}")


def call(
    number: Annotated[str, typer.Argument(help="What the household dials, e.g. 96365.")],
    from_number: Annotated[str, typer.Option("--from", help="The household's number.")] = "13899886021",
    from_name: Annotated[str, typer.Option("--from-name", help="The name its telephone shows.")] = "",
    press: Annotated[str, typer.Option(help="Keys, commas are pauses: 1,0.")] = "",
    press_after: Annotated[float, typer.Option(min=0.0, help="Seconds after the answer.")] = 3.0,
    say_file: Annotated[Path | None, typer.Option("--say", help="WAV to speak (8 kHz, 16 bit, mono).")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Hang up after so long.")] = 45.0,
    as_json: Json = False,
) -> None:
    """Place one real SIP call into the PBX as a household would, and tell what happened."""
    settings = Settings()
    pbx = _instance(settings)
    plan = CallPlan(
        number=number,
        from_number=from_number,
        from_name=from_name,
        server=(pbx.sip_host, pbx.sip_port),
        talk=Talk(press=press, press_after=press_after, say=say_file or "tone", seconds=seconds),
    )
    with clear_failures():
        report, journey = asyncio.run(_call(settings, plan))
    if as_json:
        print_json({"call": report.as_json(), "journey": journey})
    else:
        _print_call(report, journey)
    if not report.answered:
        raise typer.Exit(1)


async def _call(settings: Settings, plan: CallPlan) -> tuple[CallReport, dict[str, Any] | None]:
    ledger = open_ledger(settings)
    try:
        began = ledger.clock.now()
        report = await place_call(plan, on_event=_tell)
        number = normalise(plan.from_number, area_code=settings.area_code)
        return report, await _journey(ledger, number.full if number else None, began)
    finally:
        await ledger.database.close()


async def _journey(ledger: Ledger, number: str | None, began: Any) -> dict[str, Any] | None:
    """The journey of this call once it is over in the ledger; None if the service does not run."""
    deadline = asyncio.get_running_loop().time() + LEDGER_SECONDS
    found: JourneyRow | None = None
    while asyncio.get_running_loop().time() < deadline:
        async with ledger.reading() as session:
            found = await repository.newest_since(session, number, began)
            if found is not None and found.ended_at is not None:
                shown = journey_json(await repository.read_journey(session, found))
                return {"id": str(found.id), **shown, "caller": mask(number) if number else ""}
        await asyncio.sleep(0.1)
    return None


def _print_call(report: CallReport, journey: dict[str, Any] | None) -> None:
    people.print(
        f"final SIP code {report.code}, {report.seconds:.1f} s, heard {report.heard_seconds:.1f} s of sound",
        markup=False,
    )
    if journey is None:
        people.print("the service has no journey of it (is it running?)")
        return
    people.print(f"journey {journey['id']}: {journey['outcome']}", markup=False)
    for step in journey["ivr_steps"]:
        people.print(f"  menu {step['node']}: {step['key']}", markup=False)
    for visit in journey["queue_visits"]:
        people.print(f"  queue {visit['queue']}: {visit['outcome']}, {visit['wait_seconds']} s", markup=False)
    for attempt in journey["attempts"]:
        people.print(f"  rang {attempt['agent']}: {attempt['outcome']}", markup=False)
    for leg in journey["agent_legs"]:
        people.print(f"  {leg['agent']} talked {leg['talk_seconds']} s", markup=False)


def phone(
    numbers: Annotated[list[str], typer.Argument(help="Agents' numbers (1001 …), or numbers called from the PBX.")],
    answer_after: Annotated[float | None, typer.Option(help="Ring so long; without it: ring on.")] = 1.0,
    press: Annotated[str, typer.Option(help="Keys after the answer.")] = "",
    seconds: Annotated[float | None, typer.Option(help="Hang up after so long; else the other side does.")] = None,
    calls: Annotated[int | None, typer.Option(help="End after so many calls.")] = None,
) -> None:
    """Be a telephone: an agent's desk phone that registers, or the far end of calls that the PBX places."""
    settings = Settings()
    pbx = _instance(settings)
    with clear_failures():
        asyncio.run(
            _phones(settings, pbx, numbers, Talk(press=press, say="tone", seconds=seconds), answer_after, calls)
        )


async def _phones(
    settings: Settings, pbx: Instance, numbers: list[str], talk: Talk, answer_after: float | None, calls: int | None
) -> None:
    ledger = open_ledger(settings)
    async with ledger.reading() as session:
        secrets = {agent.number: agent.sip_secret for agent in await agents.list_agents(session)}
    await ledger.database.close()
    server = (pbx.sip_host, pbx.sip_port)
    plans = [
        PhonePlan(
            user=number,
            password=secrets[number],
            server=server,
            answer_after=answer_after,
            talk=talk,
            max_calls=calls,
        )
        for number in numbers
        if number in secrets
    ]
    others = frozenset(numbers) - secrets.keys()
    if others:
        plans.append(
            PhonePlan(
                user="carrier",
                server=server,
                host=pbx.carrier_host,
                port=pbx.carrier_port,
                numbers=others,
                answer_after=answer_after,
                talk=talk,
                max_calls=calls,
            )
        )
    await asyncio.gather(*(run_phone(plan, on_event=_tell, on_ready=lambda _: say("ready")) for plan in plans))
