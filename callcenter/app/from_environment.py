"""The service of one worker of several (`callcenter serve --workers N`), made in a process that uvicorn started."""

import asyncio
import os
import signal
from functools import partial

from fastapi import FastAPI

from callcenter.app import short_pauses
from callcenter.app.factory import create_app
from callcenter.foundation import logs
from callcenter.foundation.settings import Settings

EVERY_WORKER = f"{__name__}:make_worker"
PARENT = "CALLCENTER_SERVE_PARENT"
"""The parent's pid. Asked of the kernel, it might be another one already: that of who adopts orphans."""


def make_worker() -> FastAPI:
    """Settings as the parent has read them, from the environment; the schema is the parent's affair."""
    settings = Settings()
    logs.configure(settings.log_level)
    app = create_app(settings)
    app.state.beside["parent_watch"] = partial(stop_without, int(os.environ[PARENT]))
    short_pauses.shorten()
    return app


async def stop_without(parent: int, every_seconds: float = 0.5) -> None:
    """Until cancelled: end this worker when its parent was killed, or it would hold the port for ever."""
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel tells of it in no other way that asyncio knows
        await asyncio.sleep(every_seconds)
    os.kill(os.getpid(), signal.SIGTERM)
