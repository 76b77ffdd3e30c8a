"""`callcenter db` on PostgreSQL: the password is nowhere that other users of the machine can look."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["SEEN"], "a") as file:
    print(json.dumps([sys.argv, os.environ.get("PGPASSWORD")]), file=file)
"""


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://cc:s%40cret-word@127.0.0.1:5433/hotline",
        "postgresql+psycopg://cc@127.0.0.1:5433/hotline?password=s%40cret-word",
    ],
)
@pytest.mark.parametrize("command", ["backup", "restore"])
def test_the_password_travels_in_the_environment_not_on_the_command_line(
    tmp_path: Path, url: str, command: str
) -> None:
    for name in ("pg_dump", "pg_restore"):
        (tmp_path / name).write_text(PROGRAM)
        (tmp_path / name).chmod(0o755)
    seen, file = tmp_path / "seen", tmp_path / "copy"
    if command == "restore":
        file.write_bytes(b"")
    env = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SEEN": str(seen),
        "CALLCENTER_STATE_DIR": str(tmp_path),
        "CALLCENTER_DATABASE_URL": url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "callcenter", "db", command, str(file)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    argv, password = json.loads(seen.read_text())
    assert password == "s@cret-word"
    assert "--dbname=postgresql://cc@127.0.0.1:5433/hotline" in argv
    assert "cret" not in " ".join(argv)
