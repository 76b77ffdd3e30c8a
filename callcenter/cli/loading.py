"""Commands whose module is imported when they are used: the service and the PBX need not load to print a list."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True)
class Place:
    """`module:name` of a command's function or of a group's `Typer`; `brief` is its line in the list of commands."""

    where: str
    brief: str

    def load(self, name: str) -> Any:
        """Import the module and build the command. ImportError if it is not there."""
        module, _, attribute = self.where.partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            command: Any = get_group(found)
        else:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(name)(found)
            command = get_command(alone)
        command.name = name
        return command


class LazyGroup(TyperGroup):
    """Lists commands from `places`; imports the one that is called."""

    places: dict[str, Place]

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        # A name and a line are enough for the list and for suggestions.
        self.commands = {name: TyperCommand(name, help=place.brief) for name, place in self.places.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and self.places[str(name)].load(str(name)), rest
