"""`callcenter`: the entry point and the table of commands."""

import typer

from callcenter.cli.loading import LazyGroup, Place

COMMANDS = {
    "serve": Place("callcenter.cli.serving:serve", "Run the service in the foreground."),
    "up": Place(
        "callcenter.cli.bringing_up:up", "Start everything in the background; what runs already is left alone."
    ),
    "down": Place(
        "callcenter.cli.background:down", "Stop what `up` started, in the reverse order, each by its own pid."
    ),
    "status": Place("callcenter.cli.background:status", "Each part, green or not; exit 1 unless all are green."),
    "call": Place(
        "callcenter.cli.calling:call",
        "Place one real SIP call into the PBX as a household would, and tell what happened.",
    ),
    "phone": Place(
        "callcenter.cli.calling:phone",
        "Be a telephone: an agent's desk phone that registers, or the far end of calls that the PBX places.",
    ),
    "replay": Place("callcenter.cli.replaying:replay", "Recorded AMI events (JSON lines) → journeys."),
    "bench": Place("callcenter.cli.benching:bench", "Our figure, the floor measured in the same run, and the ratio."),
    "pbx": Place("callcenter.cli.pbx:app", "The telephone exchange (Asterisk)."),
    "db": Place("callcenter.cli.database:app", "The database."),
    "seed": Place("callcenter.cli.seeding:app", "Data to begin with."),
    "queue": Place("callcenter.cli.queues:app", "Ring time, longest wait and duty phone of each queue."),
    "user": Place("callcenter.cli.users:app", "People and their roles."),
}


class Commands(LazyGroup):
    places = COMMANDS


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The telephone system of a household-services hotline.",
)


@app.callback()
def _group() -> None:
    """The telephone system of a household-services hotline."""


def main() -> None:
    app()
