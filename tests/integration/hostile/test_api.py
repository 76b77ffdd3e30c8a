"""Whatever is asked of the API, by whomever: an answer that its document has, soon, and never an error of ours."""

import httpx
import pytest

from callcenter.auth.permissions import Role
from callcenter.foundation import paging
from callcenter.foundation.openapi import REFUSALS
from tests.hostile.furnished import PEOPLE, furnish
from tests.integration.conftest import Service

EXAMPLES, SEED = 2, 20261123
"""Fitting and unfitting requests for each operation; `make prove` sends far more, of another seed each time."""


async def test_no_input_gets_an_answer_that_is_not_in_the_document(service: Service) -> None:
    trial = await furnish(service.app, service.monitor_dir)
    tried = await trial.run(EXAMPLES, SEED)
    assert tried.complaints == []
    assert set(tried.cases) <= {"nobody", "menus", *PEOPLE}
    assert tried.cases.total() > 80


@pytest.fixture
async def zhou(service: Service) -> httpx.AsyncClient:
    return await service.signed_in("zhou", Role.SUPERVISOR, seat="1004")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
async def test_a_page_mark_from_the_end_of_the_calendar_is_none(zhou: httpx.AsyncClient, at: str) -> None:
    mark = paging.encode(at, "00000000-0000-0000-0000-000000000007")
    answer = await zhou.get("/api/v1/journeys", params={"cursor": mark})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b'{"form":{"a":"\xff"}}',
        b'{"form":{"a":' + b"1" * 5000 + b"}}",
        b'{"form":' + b'{"a":' * 5000,
    ],
    ids=["no-text", "half-text", "endless-number", "deep"],
)
async def test_a_body_that_cannot_be_read_is_refused_as_a_problem(zhou: httpx.AsyncClient, body: bytes) -> None:
    path = "/api/v1/journeys/00000000-0000-0000-0000-000000000007/draft"
    answer = await zhou.put(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_wrong_method_is_told_the_right_ones(service: Service) -> None:
    browser = await service.browser()
    answer = await browser.delete("/api/v1/journeys")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_every_operation_tells_its_refusals_once(service: Service) -> None:
    browser = await service.browser()
    document = (await browser.get("/api/v1/openapi.json")).json()
    assert set(document["components"]["responses"]) == set(REFUSALS.values())
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = operation["responses"]
            if path.startswith("/api/"):
                assert set(REFUSALS) <= set(told), (method, path)
            assert told["413"] == {"$ref": "#/components/responses/BodyTooLarge"}, (method, path)
    assert "HTTPValidationError" not in str(document)
