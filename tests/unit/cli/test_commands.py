"""The table of commands: what the list says is what each command says of itself, and listing loads no service."""

import json
import subprocess
import sys

import pytest

from callcenter.cli.main import COMMANDS

HEAVY = ("sqlalchemy", "fastapi", "twilio", "panoramisk", "alembic", "uvicorn")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_in_the_list_what_it_says_itself(name: str) -> None:
    command = COMMANDS[name].load(name)
    assert command.name == name
    assert command.help.partition("\n\n")[0].replace("\n", " ") == COMMANDS[name].brief


def test_the_list_is_printed_without_loading_the_service() -> None:
    program = (
        "import json, sys; from callcenter.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: print(json.dumps(list(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "status" in done.stdout
    loaded = set(json.loads(done.stderr))
    assert loaded.isdisjoint(HEAVY), "the list of commands must come at once"


def test_a_wrong_command_is_wrong_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "callcenter", "statsu"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "status" in done.stderr
