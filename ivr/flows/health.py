"""Not a caller's journey: callcenter asks, over the way that calls take, whether this program still answers."""

from ivr.journey import Journey


def health(journey: Journey) -> None:
    """Say one command, as any menu would; who asks needs no channel to hear it."""
    journey.line.set_result("MENU_ANSWERS", "1")
