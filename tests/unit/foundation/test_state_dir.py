"""Folders and files of a deployment are closed to everybody else, also those that an older version left open."""

from pathlib import Path

from callcenter.foundation.state_dir import make_private_dir, make_private_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_new_folder_and_an_open_one_are_closed(tmp_path: Path) -> None:
    assert mode(make_private_dir(tmp_path / "a" / "var")) == 0o700
    open_one = tmp_path / "old"
    open_one.mkdir()
    open_one.chmod(0o755)
    assert mode(make_private_dir(open_one)) == 0o700


def test_a_new_file_and_an_open_one_are_closed_and_keep_their_content(tmp_path: Path) -> None:
    assert mode(make_private_file(tmp_path / "new")) == 0o600
    old = tmp_path / "old"
    old.write_text("x")
    old.chmod(0o644)
    assert mode(make_private_file(old)) == 0o600
    assert old.read_text() == "x"


def test_a_folder_that_all_share_stays_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    assert mode(make_private_dir(shared)) == 0o1777
