"""`callcenter bench` takes its names; the benchmarks themselves are tried beside."""

import json

import pytest
from typer.testing import CliRunner

from callcenter.bench import suite
from callcenter.bench.report import Finding
from callcenter.bench.suite import Bench
from callcenter.cli.main import app

FINDING = Finding("n", "u", 1.0, 2.0, "f")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Bench]:
    """What was to be measured; nothing is."""
    names: list[Bench] = []

    def measures(*_: object) -> dict[Bench, object]:
        return {name: lambda name=name: names.append(name) or [FINDING] for name in Bench}

    monkeypatch.setattr(suite, "_measures", measures)
    return names


@pytest.mark.parametrize(("word", "names"), [("ami", ["intake"]), ("pop", ["pop"]), ("all", list(Bench))])
def test_names(asked: list[Bench], word: str, names: list[str]) -> None:
    done = CliRunner().invoke(app, ["bench", word, "--json"])
    assert done.exit_code == 0
    assert asked == names
    told = json.loads(done.stdout)
    assert set(told["machine"]) >= {"commit", "cores"}
    assert {"steal_percent", "busy_percent"} <= set(told["findings"][0])


def test_an_unknown_name_is_wrong_usage(asked: list[Bench]) -> None:
    done = CliRunner().invoke(app, ["bench", "everything"])
    assert (done.exit_code, asked) == (2, [])
