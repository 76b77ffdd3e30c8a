"""What runs beside the requests as long as the service does: seen when it fails, and begun again.

Each loop bears the failures it expects (the database is away). What comes out of one all the same is a fault of ours:
it is logged and told by /readyz, and the loop begins again, so that no part of the service is dead unnoticed.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from callcenter.foundation import logs
from callcenter.foundation.this_process import steady_seconds

Job = Callable[[], Coroutine[Any, Any, None]]
"""Goes on until it is cancelled; one that returns is over by its own will."""
AGAIN_SECONDS = 1.0
TOLD_SECONDS = 60.0
"""For so long after a fault the service says that it is not ready: who looks every half minute sees it."""


class Jobs:
    """The service's jobs by name; `end` is called once, after all `begin`s."""

    def __init__(self, again_seconds: float = AGAIN_SECONDS, clock: Callable[[], float] = steady_seconds) -> None:
        self._again_seconds = again_seconds
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._failed_at: dict[str, float] = {}
        self._log = logs.get("jobs")
        self.faults: Counter[str] = Counter()
        """How often each has failed."""

    @property
    def ok(self) -> bool:
        """Whether none has failed within the last minute."""
        return not any(self._clock() - at < TOLD_SECONDS for at in self._failed_at.values())

    def begin(self, jobs: Mapping[str, Job]) -> None:
        self._tasks += [asyncio.create_task(self._keep(name, job), name=name) for name, job in jobs.items()]

    async def end(self) -> None:
        """Cancel each once, and wait for all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, name: str, job: Job) -> None:
        me = asyncio.current_task()
        assert me is not None
        while not me.cancelling():
            try:
                await job()
                return
            except asyncio.CancelledError:
                if me.cancelling():
                    raise
                self._failed(name)  # something it waited for was cancelled, not the job
            except Exception:  # whatever it is, the others go on, and this one does again
                self._failed(name)
            if not me.cancelling():
                await asyncio.sleep(self._again_seconds)

    def _failed(self, name: str) -> None:
        self.faults[name] += 1
        self._failed_at[name] = self._clock()
        self._log.exception("job_failed", job=name, faults=self.faults[name])
