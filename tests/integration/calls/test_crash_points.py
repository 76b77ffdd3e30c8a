"""Dying at any point changes nothing in the ledger: a sample here, all points in `make prove`."""

import asyncio
import copy
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.foundation.database import Database
from callcenter.foundation.schema import load_models
from tests.crashes.allowed import judge
from tests.crashes.lives import new_engine, open_ledger, quick_lives
from tests.crashes.one_recording import Point, Recording, die, event_of, make_template, prove_recording, some, staff
from tests.crashes.pbx_truth import PbxTruth

SEED = 20261123
SHARE = 0.06
SAMPLE = ("agent-no-answer-then-other", "hold-unhold", "owner-first", "queue-timeout")


@pytest.mark.parametrize("name", SAMPLE)
def test_dying_anywhere_leaves_the_same_ledger(name: str, tmp_path: Path) -> None:
    template = make_template(tmp_path / "template.db")
    verdict = prove_recording(name, tmp_path / name, template, some(SHARE, SEED), SEED)
    assert verdict.points > 15
    assert verdict.different == []


KILLED = "agent-no-answer-then-other"
"""For real deaths: a ring that is not answered, another one that is, a talk."""


def points_of(recording: Recording, count: int) -> list[Point]:
    """Spread over the events; the first, the middle and a late fault point of each."""
    places = [n for n, message in enumerate(recording.stream) if hasattr(event_of(message), "uniqueid")]
    chosen = [places[len(places) * n // count] for n in range(count)]
    return [Point(place, fatal=(0, 5, 9)[n % 3]) for n, place in enumerate(chosen)]


async def rise_and_compare(recording: Recording, database: Database, point: Point, expected: object) -> None:
    """Start again on what the dead process left, and hear the rest."""
    truth = PbxTruth()
    for message in recording.stream[: point.place + 1]:
        truth.hear(message)
    began = truth.now
    found, lost = await recording.recovered(database, point, copy.deepcopy(truth))
    assert isinstance(expected, dict)
    ruling = judge(expected, found, lost, began=began, back=began)
    assert ruling.unexplained == []


def test_a_real_death_by_sigkill_is_what_the_simulation_says(tmp_path: Path) -> None:
    recording = Recording(KILLED, tmp_path, make_template(tmp_path / "template.db"))
    with quick_lives():
        expected = asyncio.run(recording.uninterrupted())
    dying = subprocess.Popen(
        [sys.executable, "-m", "tests.crashes.dying", KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert dying.stdin is not None
    assert dying.stdout is not None
    ends = []
    for n, point in enumerate(points_of(recording, 12)):
        url = f"sqlite+aiosqlite:///{tmp_path / f'{n}.db'}"
        (tmp_path / f"{n}.db").write_bytes((tmp_path / "template.db").read_bytes())
        asyncio.run(make_staff(url, recording))
        dying.stdin.write(f"{point.place} {point.fatal} {url}\n")
        dying.stdin.flush()
        ends.append(int(dying.stdout.readline()))
        with quick_lives():
            asyncio.run(rise_and_compare(recording, Database(url), point, expected))
    dying.stdin.close()
    assert dying.wait(10) == 0
    assert set(ends) <= {signal.SIGKILL, 0}
    assert ends.count(signal.SIGKILL) >= 8, "an event without so many statements goes by"


async def make_staff(url: str, recording: Recording) -> None:
    ledger = open_ledger(Database(url), recording.begin)
    await staff(ledger)
    await ledger.database.close()


async def test_dying_inside_a_transaction_of_either_database(database_url: str, tmp_path: Path) -> None:
    """The same on PostgreSQL, whose transaction is undone by the server; what was before comes in one batch."""
    recording = Recording(KILLED, tmp_path, make_template(tmp_path / "template.db"))
    database = Database(database_url)
    with quick_lives():
        expected = await recording.uninterrupted()
        for point in points_of(recording, 4)[1:]:
            await emptied(database)
            ledger = open_ledger(database, recording.begin)
            await staff(ledger)
            engine = new_engine(ledger)
            await engine.load()
            stream = recording.stream[: point.place + 1]
            *before, event = [event for message in stream if (event := event_of(message))]
            await engine.take(before)
            await die(ledger, engine, event, 3)
            await rise_and_compare(recording, database, point, expected)
    await database.close()


async def emptied(database: Database) -> None:
    async with database.write() as session:
        for table in reversed(load_models().sorted_tables):
            await session.execute(table.delete())
