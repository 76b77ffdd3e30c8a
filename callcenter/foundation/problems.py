"""Errors as `application/problem+json`: a `code` and `params`; the sentence comes from the message catalogues."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from callcenter.foundation import logs, messages, openapi
from callcenter.foundation.database import DATABASE_AWAY
from callcenter.foundation.errors import CallCenterError
from callcenter.foundation.openapi import MEDIA_TYPE


def problem(
    request: Request, status: int, code: str, params: dict[str, Any], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer for one failure, its title in the language the browser asks for."""
    locale = messages.pick_locale(request.headers.get("accept-language", ""))
    body = {
        "type": f"urn:callcenter:error:{code}",
        "title": messages.text(locale, f"errors.{code}", params),
        "status": status,
        "code": code,
        "params": params,
    }
    headers = dict(headers or {})
    if "retry_after_seconds" in params:
        headers["Retry-After"] = str(params["retry_after_seconds"])
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


TRY_AGAIN_SECONDS = 2


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part not in ("body", "query", "path"))


def install(app: FastAPI) -> None:
    """Register the handlers that turn every expected failure into a problem, and tell of them in the document."""
    openapi.tell_refusals(app)

    @app.exception_handler(CallCenterError)
    async def expected(request: Request, error: CallCenterError) -> JSONResponse:
        return problem(request, error.status, error.code, error.params)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "extra_forbidden":
            return problem(request, 422, "unknown_field", {"field": _field(first["loc"])})
        fields = sorted({_field(e["loc"]) for e in error.errors()})
        return problem(request, 422, "invalid_input", {"fields": fields})

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "request_refused")
        return problem(request, error.status_code, code, {}, error.headers)

    async def away(request: Request, error: Exception) -> JSONResponse:
        logs.get("problems").warning("database_away", path=request.url.path, error=type(error).__name__)
        return problem(request, 503, "service_unavailable", {"retry_after_seconds": TRY_AGAIN_SECONDS})

    for kind in DATABASE_AWAY:
        app.add_exception_handler(kind, away)
