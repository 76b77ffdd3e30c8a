"""Serving the built browser application: files as they are, every other address of it as its one page."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response

from callcenter.foundation.errors import NotFound
from callcenter.foundation.schema import ROOT
from callcenter.foundation.settings import Settings

PAGES = ("/", "/sign-in", "/lost-callers", "/calls", "/calls/{rest:path}", "/health")
SAFETY = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def ui_folder(settings: Settings) -> Path:
    return settings.ui_dir or ROOT / "agent_ui" / "dist"


def mount(app: FastAPI, folder: Path) -> None:
    async def page(rest: str = "") -> Response:
        index = folder / "index.html"
        if not index.is_file():
            raise NotFound("browser_application_not_built")
        return FileResponse(index, headers={**SAFETY, "Cache-Control": "no-cache"})

    for path in PAGES:
        app.add_api_route(path, page, include_in_schema=False)
    assets = folder / "assets"
    if assets.is_dir():
        app.mount("/assets", StaticFiles(directory=assets), name="assets")
