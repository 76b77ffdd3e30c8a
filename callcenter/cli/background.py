"""`callcenter down` and `status`: PBX, voice menu and service together, in the background."""

from typing import Annotated, Any

import typer

from callcenter.cli.addresses import pbx_home
from callcenter.cli.output import clear_failures, people, print_json, say
from callcenter.cli.parts import all_parts
from callcenter.cli.processes import Background
from callcenter.foundation.settings import Settings
from callcenter.pbx import instance

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def down() -> None:
    """Stop what `up` started, in the reverse order, each by its own pid."""
    settings = Settings()
    background = Background(settings.state_dir)
    for name in ("phones", "service", "ivr"):
        say(f"{name}: {'stopped' if background.stop(name) else 'did not run'}")
    with clear_failures():
        say(f"pbx: {'stopped' if instance.stop(pbx_home(settings)) else 'did not run'}")


def status(as_json: Json = False) -> None:
    """Each part, green or not; exit 1 unless all are green."""
    parts = all_parts(Settings())
    ok = all(part["ok"] for part in parts.values())
    if as_json:
        print_json({"ok": ok, "parts": parts})
    else:
        for name, part in parts.items():
            people.print(
                f"[{'green' if part['ok'] else 'red'}]{'●' if part['ok'] else '○'}[/] {name:9} {_brief(part)}"
            )
    if not ok:
        raise typer.Exit(1)


def _brief(part: dict[str, Any]) -> str:
    return "  ".join(f"{key}={value}" for key, value in part.items() if key != "ok" and not isinstance(value, dict))
