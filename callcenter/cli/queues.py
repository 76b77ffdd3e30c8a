"""`callcenter queue`: how long a queue rings one agent and lets a caller wait, and who is rung after that."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from callcenter.agents import repository as agents
from callcenter.agents import seats
from callcenter.cli.addresses import pbx_home
from callcenter.cli.machine import has_households, open_ledger
from callcenter.cli.output import clear_failures, people, print_json
from callcenter.cli.pbx import write_and_load
from callcenter.foundation import schema
from callcenter.foundation.errors import NotFound
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger
from callcenter.pbx import instance

app = typer.Typer(no_args_is_help=True, help="Ring time, longest wait and duty phone of each queue.")
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Row = dict[str, str | int]
NOBODY = "none"


def _run(settings: Settings, work: Callable[[Ledger], Awaitable[list[Row]]]) -> list[Row]:
    async def inside() -> list[Row]:
        ledger = open_ledger(settings)
        try:
            return await work(ledger)
        finally:
            await ledger.database.close()

    schema.upgrade(settings.sqlalchemy_url)
    return asyncio.run(inside())


async def _rows(ledger: Ledger) -> list[Row]:
    async with ledger.reading() as session:
        return [
            {
                "name": queue.name,
                "label": queue.label,
                "language": queue.language,
                "ring": queue.ring_seconds,
                "most_wait": queue.most_wait_seconds,
                "duty_phone": queue.duty_phone or "",
            }
            for queue in await agents.list_queues(session)
        ]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Every queue with its times, in seconds, and its duty phone."""
    with clear_failures():
        rows = _run(Settings(), _rows)
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            _print(row)


def _print(row: Row) -> None:
    people.print("  ".join(f"{key}={value}" for key, value in row.items()), markup=False)


@app.command("show")
def show(name: str, as_json: Json = False) -> None:
    """One queue."""
    with clear_failures():
        rows = [row for row in _run(Settings(), _rows) if row["name"] == name]
        if not rows:
            raise NotFound("queue_not_found")
    if as_json:
        print_json(rows[0])
    else:
        _print(rows[0])


@app.command("set")
def set_(
    name: str,
    ring: Annotated[int | None, typer.Option(help="Seconds that one agent is rung.")] = None,
    most_wait: Annotated[int | None, typer.Option(help="Seconds that a caller waits at most.")] = None,
    duty_phone: Annotated[
        str | None,
        typer.Option(help="Rung when nobody serves the queue: an agent's number, a local or mobile one, or none."),
    ] = None,
) -> None:
    """Change a queue's times or duty phone; a running PBX loads them at once, another at its start."""
    settings = Settings()

    async def work(ledger: Ledger) -> list[Row]:
        async with ledger.transaction() as tx:
            await seats.set_times(tx, name=name, ring=ring, most_wait=most_wait, actor="console")
            if duty_phone is not None:
                number, area = None if duty_phone == NOBODY else duty_phone, settings.area_code
                await seats.set_duty_phone(tx, name=name, number=number, area_code=area, actor="console")
        return [row for row in await _rows(ledger) if row["name"] == name]

    with clear_failures():
        (row,) = _run(settings, work)
        if instance.status(pbx_home(settings)).running:
            write_and_load(settings, demo=has_households(settings))
    _print(row)
