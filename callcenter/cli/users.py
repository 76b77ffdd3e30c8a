"""`callcenter user`: make people, change passwords and roles. There is no default password."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from callcenter.auth import users
from callcenter.cli.machine import open_ledger
from callcenter.cli.output import clear_failures, people
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.foundation.transactions import Ledger

app = typer.Typer(no_args_is_help=True, help="People and their roles.")
Password = Annotated[str | None, typer.Option(help="Read from the terminal, or made, when left out.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password and print it once.")]


def _run(work: Callable[[Ledger], Awaitable[None]]) -> None:
    settings = Settings()

    async def inside() -> None:
        ledger = open_ledger(settings)
        try:
            await work(ledger)
        finally:
            await ledger.database.close()

    with clear_failures():
        schema.upgrade(settings.sqlalchemy_url)
        asyncio.run(inside())


def _choose_password(password: str | None, generate: bool) -> str:
    if password is not None:
        return password
    if generate:
        made = secrets.token_urlsafe(12)
        people.print(f"password: {made}", markup=False)
        return made
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@app.command("add")
def add(
    username: str,
    role: Annotated[list[str], typer.Option(help="May be given several times.")],
    name: Annotated[str | None, typer.Option(help="Name shown to colleagues.")] = None,
    password: Password = None,
    generate: Generate = False,
) -> None:
    """Make a user."""

    async def work(ledger: Ledger) -> None:
        await users.add_user(
            ledger,
            username=username,
            display_name=name or username,
            password=chosen,
            roles=users.parse_roles(role),
            actor="console",
        )

    with clear_failures():
        users.parse_roles(role)
    chosen = _choose_password(password, generate)
    _run(work)
    people.print(f"{username} added", markup=False)


@app.command("password")
def password(username: str, new: Password = None, generate: Generate = False) -> None:
    """Set a new password; the user's sessions end."""
    chosen = _choose_password(new, generate)

    async def work(ledger: Ledger) -> None:
        await users.set_password(ledger, username=username, password=chosen, actor="console")

    _run(work)
    people.print(f"{username}: password changed", markup=False)


@app.command("roles")
def roles(username: str, role: Annotated[list[str], typer.Option(help="The roles from now on.")]) -> None:
    """Set a user's roles."""

    async def work(ledger: Ledger) -> None:
        await users.set_roles(ledger, username=username, roles=users.parse_roles(role), actor="console")

    _run(work)
    people.print(f"{username}: roles changed", markup=False)
