"""Two voices: lines for people, JSON for programs. Errors are one clear line and exit code 1."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

from callcenter.foundation import messages
from callcenter.foundation.errors import CallCenterError
from callcenter.pbx.errors import PbxError
from callcenter.phones.errors import PhoneError

people = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """A line of progress, on standard error: standard output stays clean for `--json`."""
    errors.print(line, markup=False)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def fail(line: str) -> NoReturn:
    errors.print(f"callcenter: {line}", markup=False, style="red")
    raise typer.Exit(1)


@contextmanager
def clear_failures() -> Iterator[None]:
    """Turn expected failures into one line."""
    try:
        yield
    except CallCenterError as error:
        fail(messages.text("en", f"errors.{error.code}", error.params))
    except (PbxError, PhoneError) as error:
        fail(str(error))
    except OSError as error:
        fail(str(error))
