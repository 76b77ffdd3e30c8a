"""One caller journey a file. `FLOWS` maps the path of an AGI address to the journey."""

from collections.abc import Callable

from ivr.flows.health import health
from ivr.flows.main_menu import main_menu
from ivr.journey import Journey

FLOWS: dict[str, Callable[[Journey], None]] = {"main_menu": main_menu, "health": health}
