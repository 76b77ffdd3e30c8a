"""The rules that a machine can check: direction of imports, sizes, names, catalogues, addresses in files."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from callcenter.foundation import messages

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path
    for folder in ("callcenter", "ivr")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "core", "misc", "manager", "asterisk"}
MOST_LINES, MOST_FUNCTION_LINES, MEDIAN_LINES = 400, 60, 80


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def functions() -> Iterator[tuple[str, int]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def test_imports_point_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_modules_stay_small() -> None:
    too_long = {str(p.relative_to(ROOT)): lines_of(p) for p in MODULES if lines_of(p) > MOST_LINES}
    assert too_long == {}
    assert median(lines_of(p) for p in MODULES if lines_of(p) > 3) <= MEDIAN_LINES


# create_app is a list of what runs, to be read from top to bottom on one screen.
LISTS = {"callcenter/app/factory.py:create_app"}


def test_functions_stay_small() -> None:
    too_long = {name: size for name, size in functions() if size > MOST_FUNCTION_LINES and name not in LISTS}
    assert too_long == {}


def test_no_attic_folders() -> None:
    names = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & FORBIDDEN == set()


@pytest.mark.parametrize("locale", messages.LOCALES)
def test_catalogues_have_the_same_keys_and_fields(locale: str) -> None:
    fields = re.compile(r"\{(\w+)\}")
    chinese, other = messages.catalogue(messages.DEFAULT), messages.catalogue(locale)
    assert other.keys() == chinese.keys()
    differing = [k for k in chinese if set(fields.findall(chinese[k])) != set(fields.findall(other[k]))]
    assert differing == []


def test_every_error_code_has_a_sentence() -> None:
    raised = re.compile(
        r"\b(?:NotFound|Refused|Invalid|TooMany|NotSignedIn|NotPermitted)\(\s*\"([a-z_]+)\"", re.MULTILINE
    )
    codes = {code for path in MODULES for code in raised.findall(path.read_text("utf-8"))}
    known = {key.removeprefix("errors.") for key in messages.catalogue(messages.DEFAULT) if key.startswith("errors.")}
    assert codes - known == set()


def test_commits_happen_in_one_place() -> None:
    committing = [p for p in MODULES if re.search(r"\.commit\(\)", p.read_text("utf-8"))]
    assert [str(p.relative_to(ROOT)) for p in committing] in ([], ["callcenter/foundation/database.py"])


def test_lock_files_name_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert '"resolved"' not in (ROOT / "agent_ui" / "package-lock.json").read_text("utf-8")
