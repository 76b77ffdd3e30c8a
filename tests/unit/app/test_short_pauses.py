"""The service's process does not walk its whole memory while a telephone rings."""

import subprocess
import sys

_PROGRAM = """
import gc, sys
from callcenter.app import short_pauses
before = gc.get_count(), len(gc.get_objects())
short_pauses.shorten()
print(gc.get_freeze_count() >= before[1] // 2, len(gc.get_objects()) < before[1] // 10)
print(gc.get_threshold() == (short_pauses.YOUNG, short_pauses.MIDDLE, short_pauses.OLD), gc.isenabled())
print(sys.getswitchinterval() <= short_pauses.SWITCH_SECONDS)
"""


def test_what_is_there_at_the_start_is_never_walked_again_and_garbage_still_is() -> None:
    said = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True"] * 5
