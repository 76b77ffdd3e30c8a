"""What `callcenter` leaves on disk can be read by its owner alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.cli.processes import Background


@pytest.fixture(autouse=True)
def loose_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory that an older version has left open."""
    folder = tmp_path / "var"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def callcenter(state: Path, *args: str) -> None:
    env = {**os.environ, "CALLCENTER_STATE_DIR": str(state), "CALLCENTER_DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-m", "callcenter", *args], env=env, capture_output=True, text=True, check=False, cwd=state
    )
    assert done.returncode == 0, done.stderr


def open_to_others(folder: Path) -> list[str]:
    return [str(path) for path in [folder, *folder.rglob("*")] if path.stat().st_mode & 0o077]


def test_database_backup_and_restored_database_are_private(state: Path) -> None:
    callcenter(state, "user", "add", "zhou", "--role", "supervisor", "--generate")
    assert (state / "callcenter.db").stat().st_size > 0
    assert open_to_others(state) == []
    callcenter(state, "db", "backup", str(state / "copy.db"))
    callcenter(state, "db", "restore", str(state / "copy.db"))
    assert open_to_others(state) == []


def test_logs_of_programs_in_the_background_and_what_these_write_are_private(state: Path) -> None:
    (state / "log").mkdir()
    (state / "log" / "this.log").write_text("an old line\n")
    background = Background(state)
    started = background.start("this", "this", env={"PYTHONDONTWRITEBYTECODE": "1"})
    os.waitpid(started.pid, 0)
    assert "Beautiful" in background.log_file("this").read_text()
    assert open_to_others(state) == []


def test_a_program_in_the_background_makes_private_files(state: Path) -> None:
    background = Background(state)
    made = state / "made"
    started = background.start("touching", "zipfile", "-c", str(made), os.devnull)
    os.waitpid(started.pid, 0)
    assert made.stat().st_mode & 0o777 == 0o600
