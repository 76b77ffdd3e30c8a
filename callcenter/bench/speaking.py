"""The speaking households of `bench calls` (`speech.py`), for as long as a block lasts."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from callcenter.bench import speech
from callcenter.bench.errors import BenchFailed
from callcenter.bench.whole_system import WholeSystem


@contextmanager
def speaking(system: WholeSystem, speakers: int) -> Iterator[dict[str, int]]:
    """So many speaking calls for as long as the block lasts; afterwards the sums are in what was yielded."""
    sums: dict[str, int] = {"calls": 0, "through": 0, "stayed": 0, "packets": 0, "lost": 0}
    if not speakers:
        yield sums
        return
    key = "1" if system.ivr else ""
    words = [sys.executable, "-m", speech.__name__, system.sip[0], str(system.sip[1]), str(speakers), key]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "up\n":
                raise BenchFailed("the speaking households did not get through")
            yield sums
            process.stdin.close()
            sums.update(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
