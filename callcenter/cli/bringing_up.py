"""`callcenter up`: PBX, voice menu and service together, in the background."""

from typing import Annotated

import typer

from callcenter.cli import starting
from callcenter.cli.addresses import find_instance, service_address, sign_ins
from callcenter.cli.machine import household_secrets
from callcenter.cli.output import clear_failures, people
from callcenter.foundation.settings import Settings


def up(
    demo: Annotated[bool, typer.Option("--demo", help="With the demo city, its staff and their telephones.")] = False,
) -> None:
    """Start everything in the background; what runs already is left alone."""
    settings = Settings()
    with clear_failures():
        starting.bring_up(settings, demo=demo)
    _print_addresses(settings, demo=demo)


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
