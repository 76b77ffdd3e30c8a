"""`callcenter`: the entry point and the table of commands."""

import typer

from callcenter.cli import background, calling, database, pbx, replaying, seeding, serving, users

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The telephone system of a household-services hotline.",
)
app.command("serve")(serving.serve)
app.command("up")(background.up)
app.command("down")(background.down)
app.command("status")(background.status)
app.command("call")(calling.call)
app.command("phone")(calling.phone)
app.command("replay")(replaying.replay)
app.add_typer(pbx.app, name="pbx")
app.add_typer(database.app, name="db")
app.add_typer(seeding.app, name="seed")
app.add_typer(users.app, name="user")


def main() -> None:
    app()
