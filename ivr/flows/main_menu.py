"""Announcements and the first menu: what is it about? Every way leads to a person; what was pressed goes along."""

from ivr.journey import Journey
from ivr.menu import KEYS, Choice, Menu, ask

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
NOTICE = "recording-notice"
GREETING = "greeting"
CONNECTING = "connecting"


def main_menu(journey: Journey) -> None:
    """Announce and ask, then leave TARGET_QUEUE, MENU_KEY and (when it is known) CALLER_KNOWN for the dialplan.

    The law wants the notice heard; all else may be cut short by who knows the menu, and no key is lost.
    """
    line = journey.line
    # Set first: should this program die on the way, the dialplan knows the queue, and what was announced.
    line.set_result("TARGET_QUEUE", journey.queue)
    early = line.announce(NOTICE, keep=KEYS)
    line.set_result("ANNOUNCED", "1")
    early = early or line.play(GREETING, until=KEYS)
    known = journey.callers.is_known(line.caller_number)
    if known is not None:
        line.set_result("CALLER_KNOWN", "1" if known else "0")
    choice = ask(line, MAIN_MENU, early)
    line.set_result("MENU_KEY", choice.key if choice is not None else "")
    line.play(CONNECTING)
