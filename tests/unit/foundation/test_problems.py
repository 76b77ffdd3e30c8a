"""Each expected failure becomes one problem+json: the code for programs, the sentence for people."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from callcenter.foundation import errors, problems
from callcenter.foundation.web import In


class Form(In):
    name: str


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    problems.install(app)

    @app.get("/fail/{kind}")
    async def fail(kind: str) -> None:
        raise {
            "missing": errors.NotFound("journey_not_found"),
            "refused": errors.Refused("already_disposed"),
            "forbidden": errors.NotPermitted(),
            "stranger": errors.NotSignedIn(),
            "many": errors.TooMany("too_many_attempts", retry_after_seconds=7),
            "away": OperationalError("SELECT 1", None, RuntimeError("the database is locked")),
        }[kind]

    @app.post("/form")
    async def form(form: Form) -> str:
        return form.name

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("missing", 404, "journey_not_found"),
        ("refused", 409, "already_disposed"),
        ("forbidden", 403, "not_permitted"),
        ("stranger", 401, "not_signed_in"),
        ("many", 429, "too_many_attempts"),
        ("away", 503, "service_unavailable"),
    ],
)
async def test_every_failure_has_its_status_code_and_sentence(
    client: httpx.AsyncClient, kind: str, status: int, code: str
) -> None:
    answer = await client.get(f"/fail/{kind}", headers={"Accept-Language": "en"})
    body = answer.json()
    assert answer.status_code == status == body["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["code"], body["type"]) == (code, f"urn:callcenter:error:{code}")
    assert body["title"]
    assert not body["title"].startswith("errors.")


async def test_a_database_that_is_away_is_told_without_its_words(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fail/away", headers={"Accept-Language": "zh-CN"})
    assert answer.headers["Retry-After"] == "2"
    assert "SELECT" not in answer.text
    assert "locked" not in answer.text


async def test_whoever_tried_too_often_is_told_how_long_to_wait(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fail/many", headers={"Accept-Language": "zh-CN"})
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["title"] == "试得太多，7 秒后再试"


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nowhere")).json()["code"] == "not_found"
    assert (await client.delete("/form")).json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("body", "code", "params"),
    [
        (b'{"name": "x", "admin": true}', "unknown_field", {"field": "admin"}),
        (b"{}", "invalid_input", {"fields": ["name"]}),
    ],
)
async def test_input_that_cannot_be_used_names_the_field(
    client: httpx.AsyncClient, body: bytes, code: str, params: dict[str, object]
) -> None:
    answer = await client.post("/form", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"], answer.json()["params"]) == (422, code, params)


async def test_input_that_is_no_json_is_a_problem_and_no_crash(client: httpx.AsyncClient) -> None:
    answer = await client.post("/form", content=b'{"name": ', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_control_characters_that_no_database_takes_do_not_come_in(client: httpx.AsyncClient) -> None:
    body = '{"name": "王\\u0000芳\\u001b\\ud800"}'
    answer = await client.post("/form", content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == "王芳"
