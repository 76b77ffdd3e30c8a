"""`callcenter pbx`: get Asterisk, write its configuration, run it, check it."""

from typing import Annotated

import typer

from callcenter.cli.addresses import find_instance, pbx_home
from callcenter.cli.machine import pbx_plan
from callcenter.cli.output import clear_failures, fail, people, print_json, say
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.pbx import check as checking
from callcenter.pbx import console, instance
from callcenter.pbx.install import install as get_asterisk
from callcenter.pbx.render import render as write_configuration

app = typer.Typer(no_args_is_help=True, help="The telephone exchange (Asterisk).")
Demo = Annotated[bool, typer.Option("--demo", help="With SIP accounts for households, to phone in from any phone.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("install")
def install(fresh: Annotated[bool, typer.Option("--fresh", help="Fetch again.")] = False) -> None:
    """Get Asterisk: an installed one (>= 20), else Debian's packages in a cache, without root."""
    with clear_failures():
        build = get_asterisk(say, fresh=fresh)
    people.print(f"Asterisk {build.version}", markup=False)


@app.command("render")
def render(demo: Demo = False) -> None:
    """Write the configuration from asterisk_conf/ and the database; a running PBX loads it at once."""
    settings = Settings()
    with clear_failures():
        schema.upgrade(settings.sqlalchemy_url)
        write_and_load(settings, demo=demo)
    people.print(f"written below {pbx_home(settings)}", markup=False)


def write_and_load(settings: Settings, *, demo: bool) -> None:
    """The configuration as the database has it now; a running PBX loads it. `PbxError`."""
    build, plan = get_asterisk(say), pbx_plan(settings, demo=demo)
    write_configuration(plan=plan, build=build, instance_dir=pbx_home(settings))
    if instance.status(pbx_home(settings)).running:
        console.reload(pbx_home(settings))
        say("the running PBX has loaded it")


@app.command("start")
def start(demo: Demo = False) -> None:
    """Write the configuration and start the PBX."""
    settings = Settings()
    with clear_failures():
        schema.upgrade(settings.sqlalchemy_url)
        build = get_asterisk(say)
        started = instance.start(plan=pbx_plan(settings, demo=demo), build=build, state_dir=settings.state_dir)
    people.print(f"PBX {started.name} answers SIP on {started.sip_host}:{started.sip_port}", markup=False)


@app.command("stop")
def stop() -> None:
    """Stop the PBX, by its pid."""
    settings = Settings()
    with clear_failures():
        people.print("stopped" if instance.stop(pbx_home(settings)) else "did not run")


@app.command("status")
def status(as_json: Json = False) -> None:
    """Whether it runs, and where."""
    found = instance.status(pbx_home(Settings()))
    known = find_instance(Settings())
    value = {
        "running": found.running,
        "pid": found.pid,
        "uptime_seconds": found.uptime_seconds,
        "version": known.version if known else None,
        "sip_port": known.sip_port if known else None,
    }
    if as_json:
        print_json(value)
    else:
        people.print("\n".join(f"{name}: {item}" for name, item in value.items()), markup=False)
    if not found.running:
        raise typer.Exit(1)


@app.command("check")
def check(demo: Demo = False, as_json: Json = False) -> None:
    """Load the configuration in a throwaway instance and report every complaint."""
    settings = Settings()
    with clear_failures():
        schema.upgrade(settings.sqlalchemy_url)
        report = checking.check(plan=pbx_plan(settings, demo=demo), build=get_asterisk(say))
    if as_json:
        print_json({"ok": report.ok, "problems": report.problems, "modules": report.modules_loaded})
    else:
        for problem in report.problems:
            people.print(problem, markup=False)
    if not report.ok:
        fail(f"{len(report.problems)} problems")
    if not as_json:
        people.print(f"clean: {report.modules_loaded} modules, {report.seconds:.1f} s")
