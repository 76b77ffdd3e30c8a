"""`callcenter up`, `down`, `status`: PBX, voice menu and service together, in the background."""

from typing import Annotated, Any

import typer

from callcenter.cli import starting
from callcenter.cli.addresses import service_address, sign_ins
from callcenter.cli.machine import find_instance, household_secrets, pbx_home
from callcenter.cli.output import clear_failures, people, print_json, say
from callcenter.cli.parts import all_parts
from callcenter.cli.processes import Background
from callcenter.foundation.settings import Settings
from callcenter.pbx import instance

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def up(
    demo: Annotated[bool, typer.Option("--demo", help="With the demo city, its staff and their telephones.")] = False,
) -> None:
    """Start everything in the background; what runs already is left alone."""
    settings = Settings()
    with clear_failures():
        starting.bring_up(settings, demo=demo)
    _print_addresses(settings, demo=demo)


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


def _print_addresses(settings: Settings, *, demo: bool) -> None:
    host, port = service_address(settings)
    pbx = find_instance(settings)
    lines = ["", f"desk:      http://{host}:{port}/"]
    for name, password in sign_ins(settings).items():
        lines.append(f"           {name:9} {password}")
    if pbx is not None:
        number = settings.hotline_number
        lines.append(f"phone in:  callcenter call {number} --press 1")
        if demo:
            for household, secret in household_secrets(settings).items():
                account = f"account {household}, password {secret}, server {pbx.sip_host}:{pbx.sip_port} (UDP)"
                lines.append(f"           or any SIP phone on this machine: {account}; dial {number}")
            lines.append("           the agents' desk telephones 1001-1004 are simulated; they answer after 12 s,")
            lines.append("           or at once with F2 (接听) on the desk")
    lines.append("look:      callcenter status      stop: callcenter down")
    people.print("\n".join(lines), markup=False)
