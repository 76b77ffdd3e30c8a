"""The CEL file from a bookmark: complete rows once, whatever happens to the file."""

import os
from pathlib import Path

import pytest

from callcenter.telephony.cel_reader import NOWHERE, Place, end_of, read_since


def line(name: str) -> str:
    return f'"CHAN_START","1.0","","","","","{name}","{name}","",""\n'


def names(path: Path, place: Place, **limits: int) -> tuple[list[str], Place]:
    told = read_since(path, place, **limits)
    return [row[6] for row in told.rows], told.end


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Master.csv"
    path.write_text(line("a") + line("b"))
    return path


def append(path: Path, text: str) -> None:
    with path.open("a") as out:
        out.write(text)


def test_only_what_is_behind_the_bookmark_is_read(file: Path) -> None:
    place = end_of(file)
    assert names(file, place) == ([], place)
    append(file, line("c"))
    assert names(file, place) == (["c"], end_of(file))


def test_a_row_that_is_being_written_is_read_when_it_is_whole(file: Path) -> None:
    whole = end_of(file)
    append(file, line("c")[:20])
    assert end_of(file) == whole
    assert names(file, whole) == ([], whole)
    append(file, line("c")[20:])
    assert names(file, whole)[0] == ["c"]


def test_a_file_that_was_not_there_yet_is_read_from_its_begin(tmp_path: Path) -> None:
    path = tmp_path / "none" / "Master.csv"
    assert end_of(path) == NOWHERE
    assert names(path, NOWHERE) == ([], NOWHERE)
    path.parent.mkdir()
    path.write_text(line("a"))
    assert names(path, NOWHERE) == (["a"], end_of(path))


def test_a_rotated_file_is_finished_before_the_new_one_is_begun(file: Path) -> None:
    place = end_of(file)
    append(file, line("c"))
    file.rename(file.with_name("Master.csv.1"))
    file.write_text(line("d"))
    assert names(file, place) == (["c", "d"], end_of(file))


def test_of_two_rotations_in_one_gap_nothing_is_lost(file: Path) -> None:
    place = end_of(file)
    append(file, line("c"))
    for n, (at, name) in enumerate([(1000, "d"), (2000, "e")]):
        rotated = file.with_name(f"Master.csv-2026112{n}")
        file.rename(rotated)
        os.utime(rotated, (at, at))
        file.write_text(line(name))
    assert names(file, place) == (["c", "d", "e"], end_of(file))


def test_a_rotation_without_a_new_file_yet_is_finished(file: Path) -> None:
    place = end_of(file)
    append(file, line("c"))
    rotated = file.with_name("Master.csv.1")
    file.rename(rotated)
    found, end = names(file, place)
    assert found == ["c"]
    file.write_text(line("d"))
    assert names(file, end) == (["d"], end_of(file))


def test_of_a_file_that_is_gone_the_new_one_is_read_alone(file: Path) -> None:
    file.with_name("Master.csv.1").write_text(line("old"))
    file.with_name("Master.csv.2.gz").write_bytes(b"\x1f\x8b")
    assert names(file, Place(1, 30)) == (["a", "b"], end_of(file))


@pytest.mark.parametrize("offset", [10_000, 5])
def test_a_bookmark_that_does_not_fit_the_file_begins_it_anew(file: Path, offset: int) -> None:
    """Truncated, or another file that was given the same inode."""
    assert names(file, Place(file.stat().st_ino, offset))[0] == ["a", "b"]


def test_of_too_much_the_newest_is_read(file: Path) -> None:
    append(file, "".join(line(f"n{n}") for n in range(100)))
    found, end = names(file, NOWHERE, most=len(line("n99")) * 3 + 5)
    assert found == ["n97", "n98", "n99"]
    assert end == end_of(file)


def test_garbage_is_left_out(file: Path) -> None:
    place = end_of(file)
    for garbage in (b"\n", b"\x00\xff\xfe\n", b'"a","b"\n', b'"open\n', b'"a"b,"c"\n', b'"' + b"x" * 9000 + b'"\n'):
        with file.open("ab") as out:
            out.write(garbage)
    append(file, line("c"))
    assert names(file, place) == (["c"], end_of(file))


def test_a_name_in_quotes_stays_one_column(file: Path) -> None:
    place = end_of(file)
    append(file, '"CHAN_START","1.0","","","","","u","u","","","","a"",""b, c"\n')
    [row] = read_since(file, place).rows
    assert row[11] == 'a","b, c'
