"""The OpenAPI document: what may go wrong is declared once, here, for every operation."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

Json = dict[str, Any]
MEDIA_TYPE = "application/problem+json"
API = "/api/"
REFUSALS = {
    "400": "Unreadable",
    "401": "NotSignedIn",
    "403": "NotPermitted",
    "404": "NotFound",
    "409": "Refused",
    "413": "BodyTooLarge",
    "422": "Invalid",
    "429": "TooMany",
    "503": "Away",
}
"""Status → name. Which `code` an operation answers with depends on the row and the moment, not on the operation."""


class Problem(BaseModel):
    """The body of every refusal. `title` is in the language of Accept-Language; programs read `code` and `params`."""

    type: str
    title: str
    status: int
    code: str
    params: dict[str, Any]


def tell_refusals(app: FastAPI) -> None:
    """Let `app.openapi()` tell of refusals too, with the bodies that `foundation.problems` really sends."""
    plain = app.openapi

    def described() -> Json:
        document = plain()  # the same object each time, until a route is added
        return document if "responses" in document.get("components", {}) else _with_refusals(document)

    app.openapi = described  # type: ignore[method-assign]  # FastAPI documents no other way


def _with_refusals(document: Json) -> Json:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form, which we never send
        schemas.pop(unused, None)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {name: {"description": name, "content": content} for name in REFUSALS.values()}
    for path, operation in _operations(document):
        answers = operation.setdefault("responses", {})
        for status, name in REFUSALS.items():
            if path.startswith(API) or status == "413":
                answers[status] = {"$ref": f"#/components/responses/{name}"}
    return document


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation
