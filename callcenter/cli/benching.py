"""`callcenter bench`: our figure, the floor measured in the same run, and the ratio."""

from typing import Annotated

import typer

from callcenter.bench import lists, short_calls, suite, wall
from callcenter.bench.errors import BenchFailed
from callcenter.bench.report import Finding
from callcenter.bench.suite import Bench, Sizes
from callcenter.bench.surroundings import machine
from callcenter.cli.output import clear_failures, fail, people, print_json, say

ALL, AMI = "all", "ami"
_NAMES = ", ".join((*Bench, ALL))


def _wanted(name: str) -> list[Bench]:
    """The benchmarks of that name; `ami` is what `intake` was called first."""
    if name == ALL:
        return list(Bench)
    try:
        return [Bench.INTAKE if name == AMI else Bench(name)]
    except ValueError:
        raise typer.BadParameter(f"one of {_NAMES}") from None


def bench(
    name: Annotated[str, typer.Argument(help=f"What to measure: {_NAMES}.")],
    agents: Annotated[int | None, typer.Option(min=1, max=1000, help="pop, calls: agents on duty.")] = None,
    browsers: Annotated[int, typer.Option(min=2, max=5000, help="wall: connected browsers.")] = wall.BROWSERS,
    rows: Annotated[int, typer.Option(min=lists.FEW, help="lists: orders and journeys.")] = lists.MANY,
    rate: Annotated[float, typer.Option(min=0.1, max=200.0, help="calls: calls a second.")] = short_calls.RATE,
    seconds: Annotated[float | None, typer.Option(min=1.0, help="pop, calls: how long to ring.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Our figure, the floor measured in the same run, and the ratio."""
    wanted = _wanted(name)
    found: list[Finding] = []
    with clear_failures():
        try:
            for finding in suite.run(
                wanted, Sizes(agents=agents, browsers=browsers, rows=rows, rate=rate, seconds=seconds), say
            ):
                found.append(finding)
                if not as_json:
                    people.print(finding.as_text(), markup=False)
        except BenchFailed as error:
            fail(str(error))
    about = machine()
    if as_json:
        print_json({"machine": about, "findings": [finding.as_json() for finding in found]})
    else:
        people.print("  ".join(f"{key}={value}" for key, value in about.items()), markup=False)
