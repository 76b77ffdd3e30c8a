"""`callcenter seed`: the demo city."""

import asyncio

import typer

from callcenter.cli.addresses import sign_ins_file
from callcenter.cli.machine import open_ledger
from callcenter.cli.output import clear_failures, people
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.foundation.state_dir import make_private_dir
from callcenter.seed.demo import seed_city

app = typer.Typer(no_args_is_help=True, help="Data to begin with.")


@app.callback()
def _group() -> None:
    """Data to begin with."""


@app.command("demo")
def demo() -> None:
    """The demo city: staff, zones, franchisees, price book, households, orders. Running it again adds nothing."""
    settings = Settings()

    async def work() -> dict[str, str]:
        ledger = open_ledger(settings)
        try:
            return await seed_city(ledger, sign_ins_file(settings))
        finally:
            await ledger.database.close()

    with clear_failures():
        make_private_dir(settings.state_dir)
        schema.upgrade(settings.sqlalchemy_url)
        for name, password in asyncio.run(work()).items():
            people.print(f"{name:9} {password}", markup=False)
