"""Lists of ten thousand journeys and a hundred thousand orders over HTTP: how long a page takes."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy.engine import make_url

from callcenter.auth.permissions import Role
from callcenter.bench.report import percentile
from callcenter.foundation.ids import new_id
from callcenter.seed.people import STAFF
from tests.prove.centre import Centre

PAGES = 100


@dataclass(frozen=True)
class ListResult:
    name: str
    rows: int
    pages: int
    p50_ms: float
    p99_ms: float


def prove(centre: Centre, *, journeys: int, orders: int) -> list[ListResult]:
    """Copies of rows that are there, then pages: the newest, by cursor, by a name or number."""
    path = str(make_url(centre.settings.sqlalchemy_url).database)
    with closing(sqlite3.connect(path, timeout=30)) as database:
        _fill(database, "journeys", journeys, _journey)
        _fill(database, "work_orders", orders, _order)
    supervisor = next(person.username for person in STAFF if person.role is Role.SUPERVISOR)
    with centre.stack.client(supervisor) as client:
        return [
            _measure(client, "/api/v1/journeys", "journeys", journeys, "13977000042"),
            _measure(client, "/api/v1/work-orders", "work orders", orders, "买买提42"),
        ]


def _fill(database: sqlite3.Connection, table: str, count: int, change: Any) -> None:
    database.row_factory = sqlite3.Row
    pattern = dict(database.execute(f"SELECT * FROM {table} LIMIT 1").fetchone())
    names = list(pattern)
    marks = ", ".join("?" for _ in names)
    rows = ([{**pattern, **change(n)}[name] for name in names] for n in range(count))
    with database:
        database.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def _journey(n: int) -> dict[str, Any]:
    at = f"2026-10-{1 + n % 28:02d} {n // 3600 % 24:02d}:{n // 60 % 60:02d}:{n % 60:02d}.000000"
    return {
        "id": new_id().hex,
        "linkedid": f"proof-{n}.1",
        "number": f"+86139770{n % 100_000:05d}",
        "caller": f"139770{n % 100_000:05d}",
        "started_at": at,
        "ended_at": at,
    }


def _order(n: int) -> dict[str, Any]:
    return {
        "id": new_id().hex,
        "number": f"P{n:09d}",
        "short_code": f"{n:06d}"[-6:],
        "customer_name": f"买买提{n}",
        "contact_number": f"+86139770{n % 100_000:05d}",
        "journey_id": None,
    }


def _measure(client: httpx.Client, path: str, name: str, rows: int, query: str) -> ListResult:
    spent = []
    cursor: str | None = None
    for n in range(PAGES):
        params = {"q": query} if n % 4 == 0 else {"cursor": cursor} if cursor else {}
        began = time.perf_counter()
        answer = client.get(path, params=params)
        spent.append(time.perf_counter() - began)
        answer.raise_for_status()
        if n % 4:
            cursor = answer.json()["next_cursor"]
    return ListResult(name, rows, PAGES, 1000 * percentile(spent, 0.5), 1000 * percentile(spent, 0.99))
