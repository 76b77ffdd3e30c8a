"""`bench lists`: pages of orders and journeys over HTTP, of a million rows and, as the floor, of ten thousand.

Every way to find something is asked as often as every other; the cursor goes ever deeper.
"""

import asyncio
import http.client
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy

from callcenter.auth.dependencies import COOKIE
from callcenter.auth.permissions import Role
from callcenter.bench import many_rows
from callcenter.bench.agents import make_person
from callcenter.bench.errors import BenchFailed
from callcenter.bench.many_rows import name_of, number_of
from callcenter.bench.programs import cpu_seconds
from callcenter.bench.report import Extra, Finding, Goal, percentile
from callcenter.bench.service import HOST, environment, is_up, service
from callcenter.foundation.clock import SystemClock
from callcenter.foundation.database import Database
from callcenter.foundation.schema import upgrade
from callcenter.foundation.transactions import Ledger

MANY, FEW, PAGES = 1_000_000, 10_000, 30
GOAL_MS, GOAL_RATIO = 50.0, 2.0
ORDERS, JOURNEYS = "work-orders", "journeys"
_STRIDE = 7919
Say = Callable[[str], None]
Asked = dict[str, str]


def _ways(rows: int) -> dict[str, dict[str, Callable[[int], Asked]]]:
    """List → way to find → what is asked the n-th time."""

    def row(n: int) -> int:
        return n * _STRIDE % rows

    def name(n: int, length: int) -> Asked:
        return {"q": name_of(row(n))[:length]}

    def household(n: int) -> int:
        return row(n) // many_rows.A_HOUSEHOLD_CALLS

    return {
        ORDERS: {
            "newest": lambda _: {},
            "a frequent state": lambda _: {"state": "scheduled"},
            "a rare state": lambda _: {"state": many_rows.RARE_STATE},
            "family name": lambda n: name(n, 1),
            "two characters": lambda n: name(n, 2),
            "whole name": lambda n: name(n, 3),
            "order number": lambda n: {"q": f"9{row(n):011d}"},
            "telephone": lambda n: {"q": number_of(row(n) // many_rows.A_HOUSEHOLD_ORDERS)},
        },
        JOURNEYS: {
            "newest": lambda _: {},
            "a rare outcome": lambda _: {"outcome": many_rows.RARE_OUTCOME},
            "family name": lambda n: {"q": name_of(household(n))[:1]},
            "whole name": lambda n: {"q": name_of(household(n))},
            "telephone": lambda n: {"q": number_of(household(n))},
            "last four digits": lambda n: {"q": f"{household(n) % 10_000:04d}"},
        },
    }


@dataclass(slots=True)
class Times:
    """Seconds of each request, by way; CPU seconds of the service for all."""

    ways: dict[str, list[float]] = field(default_factory=dict)
    cpu: float = 0.0

    @property
    def all(self) -> list[float]:
        return [seconds for times in self.ways.values() for seconds in times]

    def told(self, rows: int) -> Extra:
        worst = max(self.ways, key=lambda way: percentile(self.ways[way], 0.99))
        return {
            "rows": rows,
            "requests": len(self.all),
            "p50_ms": round(1000 * percentile(self.all, 0.5), 1),
            "cpu_ms_a_request": round(1000 * self.cpu / len(self.all), 1),
            "worst_way": worst,
            "worst_way_p50_ms": round(1000 * percentile(self.ways[worst], 0.5), 1),
        }


def run(
    *, many: int = MANY, few: int = FEW, pages: int = PAGES, url: str | None = None, say: Say = lambda _: None
) -> list[Finding]:
    """Two findings a list: p99, and how it grows. `url`: an empty database instead of SQLite's file."""
    with tempfile.TemporaryDirectory(prefix="bench-lists-") as name:
        folder = Path(name)
        where = url or environment(folder)["CALLCENTER_DATABASE_URL"]
        cookie = asyncio.run(_supervisor(where))
        _fill(where, 0, few, say)
        small = _measure(folder, where, cookie, few, pages)
        _fill(where, few, many, say)
        big = _measure(folder, where, cookie, many, pages)
    engine = "PostgreSQL" if url else "SQLite"
    return [finding for table in (ORDERS, JOURNEYS) for finding in _findings(table, engine, many, big, small)]


def _findings(
    table: str, engine: str, many: int, big: Mapping[str, Times], small: Mapping[str, Times]
) -> list[Finding]:
    ours, floor = (1000 * percentile(times[table].all, 0.99) for times in (big, small))
    title = f"{table} on {engine}"
    return [
        Finding(title, "ms p99", ours, floor, "of few rows", Goal(GOAL_MS, most=True), big[table].told(many)),
        Finding(f"{title}, growth", "ms p99", ours, floor, "of few rows", Goal(GOAL_RATIO, most=True, of_ratio=True)),
    ]


async def _supervisor(url: str) -> str:
    await asyncio.to_thread(upgrade, url)
    ledger = Ledger(Database(url), SystemClock())
    async with ledger.transaction() as tx:
        cookie = await make_person(tx, "bench", Role.SUPERVISOR)
    await ledger.database.close()
    return cookie


def _fill(url: str, first: int, end: int, say: Say) -> None:
    say(f"lists: making rows {first} to {end}")
    engine = sqlalchemy.create_engine(url.replace("+aiosqlite", ""))
    many_rows.fill(engine, orders=(first, end), journeys=(first, end))
    engine.dispose()


def _measure(folder: Path, url: str, cookie: str, rows: int, pages: int) -> dict[str, Times]:
    with service(folder, {"CALLCENTER_DATABASE_URL": url}, until=is_up) as (process, port):
        browser = _Browser(port, cookie)
        found = {}
        for table, ways in _ways(rows).items():
            times = Times()
            for asked in ways.values():
                browser.ask(table, asked(0))  # the statement is compiled, the index is in memory
            before = cpu_seconds(process.pid)
            for way, asked in ways.items():
                times.ways[way] = [browser.ask(table, asked(n))[0] for n in range(pages)]
            times.ways["by cursor"] = browser.leaf(table, pages)
            times.cpu = cpu_seconds(process.pid) - before
            found[table] = times
    return found


class _Browser:
    """One connection, one request after the other."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=60)
        self._headers = {"Cookie": f"{COOKIE}={cookie}"}

    def ask(self, table: str, params: Asked) -> tuple[float, Any]:
        """(seconds, the page)."""
        began = time.perf_counter()
        self._connection.request("GET", f"/api/v1/{table}?{urlencode(params)}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        spent = time.perf_counter() - began
        page = json.loads(body)
        if answer.status != http.client.OK or (not page["items"] and "cursor" not in params):
            raise BenchFailed(f"{table} {params}: {answer.status}, {len(page.get('items', []))} rows")
        return spent, page

    def leaf(self, table: str, pages: int) -> list[float]:
        """Seconds of so many pages, each behind the one before."""
        _, page = self.ask(table, {})
        times = []
        for _ in range(pages):
            if page["next_cursor"] is None:
                break
            spent, page = self.ask(table, {"cursor": page["next_cursor"]})
            times.append(spent)
        return times
