"""`callcenter bench`: our figure, the floor measured in the same run, and the ratio."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from callcenter.bench import ami, ivr, pop
from callcenter.bench.errors import BenchFailed
from callcenter.bench.report import Finding, machine
from callcenter.cli.output import clear_failures, fail, people, print_json


class Bench(StrEnum):
    AMI = "ami"
    POP = "pop"
    IVR = "ivr"
    ALL = "all"


def bench(
    name: Annotated[Bench, typer.Argument(help="What to measure.")],
    agents: Annotated[int, typer.Option(min=1, max=1000, help="pop: desks that are connected.")] = pop.AGENTS,
    seconds: Annotated[float, typer.Option(min=1.0, help="pop: how long to ring at each rate.")] = pop.SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Our figure, the floor measured in the same run, and the ratio."""
    table: dict[Bench, Callable[[], list[Finding]]] = {
        Bench.AMI: ami.run,
        Bench.POP: lambda: pop.run(agents=agents, seconds=seconds),
        Bench.IVR: ivr.run,
    }
    found: list[Finding] = []
    with clear_failures():
        for one, measure in table.items():
            if name in (one, Bench.ALL):
                news = _measured(measure)
                found += news
                _print(news, as_json=as_json)
    if as_json:
        print_json({"machine": machine(), "findings": [finding.as_json() for finding in found]})


def _measured(measure: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return measure()
    except BenchFailed as error:
        fail(str(error))


def _print(news: list[Finding], *, as_json: bool) -> None:
    for finding in news:
        if not as_json:
            people.print(finding.as_text(), markup=False)
