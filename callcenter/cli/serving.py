"""`callcenter serve`: the service in the foreground, in one process or several."""

import os
from typing import Annotated, Any

import typer
import uvicorn

from callcenter.app import create_app, short_pauses
from callcenter.app.from_environment import EVERY_WORKER, PARENT
from callcenter.cli.output import clear_failures, fail
from callcenter.foundation import logs, schema
from callcenter.foundation.settings import Settings
from callcenter.foundation.state_dir import PRIVATE_UMASK, make_private_dir

SERVER: dict[str, Any] = {
    "log_config": None,
    "access_log": False,
    "ws_max_size": 64 * 1024,
    "ws_ping_interval": 20,
    "ws_per_message_deflate": False,
    "server_header": False,
    "proxy_headers": False,  # uvicorn would believe every program on this machine; see settings.trusted_proxies
    "timeout_graceful_shutdown": 3,
}


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535)] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="More than one needs PostgreSQL.")] = 1,
) -> None:
    """Run the service in the foreground."""
    settings = Settings()
    os.umask(PRIVATE_UMASK)
    make_private_dir(settings.state_dir)
    logs.configure(settings.log_level)
    if workers > 1:
        _refuse_several(settings)
    at: dict[str, Any] = {"host": host or settings.host, "port": settings.port if port is None else port}
    with clear_failures():
        schema.upgrade(settings.sqlalchemy_url)
        if workers == 1:
            app = create_app(settings)
            short_pauses.shorten()
            uvicorn.run(app, **at, **SERVER)
        else:
            os.environ[PARENT] = str(os.getpid())
            uvicorn.run(EVERY_WORKER, factory=True, workers=workers, **at, **SERVER)


def _refuse_several(settings: Settings) -> None:
    if settings.sqlalchemy_url.startswith("sqlite"):
        fail("--workers above 1 needs PostgreSQL (CALLCENTER_DATABASE_URL): SQLite has one writer")
    if settings.bus == "local":
        fail("--workers above 1 needs CALLCENTER_BUS=postgresql or redis: local wakes one process only")
