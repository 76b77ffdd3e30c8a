"""The real IVR program, as a process of its own, for tests with a real Asterisk."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def running_ivr(port: int, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Listening on `port` when entered, gone when left. `settings`: e.g. IVR_QUEUE."""
    environment = {**os.environ, "IVR_PORT": str(port), **settings}
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ivr", env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    ready = await asyncio.wait_for(program.stdout.readline(), 10)
    assert ready.decode().strip() == f"ivr listening on 127.0.0.1:{port}"
    try:
        yield program
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.terminate()
        await asyncio.wait_for(program.wait(), 10)
