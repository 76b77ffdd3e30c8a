"""`bench lists` on both databases: pages of a million orders and journeys over HTTP, beside pages of ten thousand."""

from collections.abc import Callable
from dataclasses import dataclass

from callcenter.bench import lists
from callcenter.bench.report import Finding
from tests.postgres import running_postgres


@dataclass(frozen=True)
class ListResult:
    """`p99_few_ms`: of the ten thousand, in the same run; the goal is twice that at most."""

    name: str
    rows: int
    pages: int
    p50_ms: float
    p99_ms: float
    p99_few_ms: float
    cpu_ms: float
    worst_way: str


def prove(*, rows: int, say: Callable[[str], None] = lambda _: None) -> list[ListResult]:
    """Four lists: orders and journeys, on SQLite and on PostgreSQL."""
    few = min(lists.FEW, rows)
    found = lists.run(many=rows, few=few, say=say)
    with running_postgres() as url:
        found += lists.run(many=rows, few=few, url=url, say=say)
    return [_result(finding) for finding in found if "rows" in finding.extra]


def _result(finding: Finding) -> ListResult:
    extra = finding.extra
    return ListResult(
        name=finding.name,
        rows=int(extra["rows"]),
        pages=int(extra["requests"]),
        p50_ms=float(extra["p50_ms"]),
        p99_ms=finding.ours,
        p99_few_ms=finding.floor,
        cpu_ms=float(extra["cpu_ms_a_request"]),
        worst_way=str(extra["worst_way"]),
    )
