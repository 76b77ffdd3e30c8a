"""A worker whose parent is dead ends, whenever the parent died."""

import os
import signal
import subprocess
import sys

PROGRAM = """
import asyncio, sys
from callcenter.app.from_environment import stop_without

async def main():
    watch = asyncio.create_task(stop_without(int(sys.argv[1]), 0.01))
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_worker_that_was_born_after_its_parents_death_ends() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    worker = subprocess.run([sys.executable, "-c", PROGRAM, str(parent.pid)], check=False, timeout=50)
    assert worker.returncode == -signal.SIGTERM


def test_a_worker_whose_parent_lives_goes_on() -> None:
    worker = subprocess.Popen([sys.executable, "-c", PROGRAM.replace("sleep(60)", "sleep(0.3)"), str(os.getpid())])
    assert worker.wait(50) == 0
