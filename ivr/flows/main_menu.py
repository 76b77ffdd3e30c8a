"""The first menu: what is it about? Every way leads to a person today; what was pressed goes along."""

from ivr.journey import Journey
from ivr.menu import Choice, Menu, ask

MAIN_MENU = Menu(
    node="main_menu",
    prompt="main-menu",
    choices=(
        Choice("1", "book"),
        Choice("2", "order"),
        Choice("3", "complaint"),
        Choice("0", "person"),
    ),
)
CONNECTING = "connecting"


def main_menu(journey: Journey) -> None:
    """Ask, then leave TARGET_QUEUE, MENU_KEY and (when it is known) CALLER_KNOWN for the dialplan."""
    line = journey.line
    known = journey.callers.is_known(line.caller_number)
    if known is not None:
        line.set_result("CALLER_KNOWN", "1" if known else "0")
    # Set before asking: should this program die while it asks, the dialplan knows the queue already.
    line.set_result("TARGET_QUEUE", journey.queue)
    choice = ask(line, MAIN_MENU)
    line.set_result("MENU_KEY", choice.key if choice is not None else "")
    line.play(CONNECTING)
