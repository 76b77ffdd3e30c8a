"""A log that cannot be written must not end the work that it tells of."""

import json
import resource
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import resource, sys
from callcenter.foundation import logs

logs.configure("INFO")
log = logs.get("test")
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
for n in range(2000):
    try:
        raise ValueError("away")
    except ValueError:
        log.exception("not_written", n=n)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.info("written_again")
"""


def test_lines_are_lost_while_the_disk_is_full_and_come_again_afterwards(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    with (tmp_path / "log").open("ab") as log:
        done = subprocess.run([sys.executable, "-c", PROGRAM], stderr=log, check=False)
    assert done.returncode == 0
    last = (tmp_path / "log").read_text("utf-8").splitlines()[-1]
    assert json.loads(last)["event"] == "written_again"
