"""`callcenter replay`: recorded AMI events through the same translation and engine; no PBX, no database."""

from pathlib import Path
from typing import Annotated

import typer

from callcenter.calls.ledger_json import journey_json
from callcenter.cli.output import clear_failures, people, print_json, say
from callcenter.telephony.replay import replay as replay_files


def replay(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Recorded AMI events (JSON lines) → journeys."""
    with clear_failures():
        result = replay_files(files)
    if result.garbage:
        say(f"{result.garbage} lines were no events")
    journeys = [journey_json(journey) for journey in result.journeys]
    if as_json:
        print_json({"journeys": journeys})
        return
    for journey in journeys:
        people.print(
            f"{journey['started_at']}  {journey['direction']:<9} {journey['outcome']:<11} {journey['linkedid']}"
        )
        for step in journey["ivr_steps"]:
            people.print(f"    menu {step['node']}: {step['key']}")
        for visit in journey["queue_visits"]:
            people.print(f"    queue {visit['queue']}: {visit['outcome']} after {visit['wait_seconds']} s")
        for attempt in journey["attempts"]:
            people.print(f"    rang {attempt['agent']}: {attempt['outcome']}")
        for leg in journey["agent_legs"]:
            people.print(f"    {leg['agent']} talked {leg['talk_seconds']} s, hold {leg['hold_seconds']} s")
        people.print(f"    hung up by {journey['hangup_by']}")
