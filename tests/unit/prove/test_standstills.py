"""The proof's measure of its own machine: a program that was stopped knows afterwards for how long."""

import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import sys, time
from tests.prove.standstills import watched
with watched() as seen:
    began = time.time()
    print("watching", flush=True)
    sys.stdin.readline()
    late = time.monotonic() + 20
    while not seen.between(began, time.time()) and time.monotonic() < late:
        time.sleep(0.01)
    print(seen.between(began, time.time()), seen.between(began - 9, began), flush=True)
"""
STOPPED = 1.0


def test_the_time_in_which_nothing_ran_is_seen_and_no_other() -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED)  # not a wait for something: it is the standstill
        process.send_signal(signal.SIGCONT)
        process.stdin.write("\n")
        process.stdin.flush()
        during, before = map(float, process.stdout.readline().split())
    assert during >= STOPPED - 0.3
    assert before == 0.0
