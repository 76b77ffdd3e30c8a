"""Getting a link: several attempts at a time, since one that is not answered must not keep us from one that would be.

A connection made while the network swallows everything never comes to life, and waiting for it to fail costs seconds
in which the PBX is there again. An attempt that is slow keeps its full time beside those begun after it.
"""

import asyncio
from collections.abc import Callable

from callcenter.foundation import logs
from callcenter.telephony.ami_client import AmiAddress, AmiClient, AmiUnavailable, Message, OnMessage, OnPong

NEXT_AFTER_SECONDS = 0.5
MOST_AT_ONCE = 10
"""A PBX that is slow to answer is not to be buried in sign-ins."""


class Attempt:
    """One connection. Behind the first byte of garbage nothing of it counts: the files tell what was lost."""

    def __init__(
        self, address: AmiAddress, on_message: OnMessage, on_pong: OnPong, may_act: Callable[[], bool]
    ) -> None:
        self.client = AmiClient(address, self._hear, on_pong=on_pong, on_garbage=self._garbled, may_act=may_act)
        self._on_message = on_message
        self._deaf = False

    async def sign_in(self) -> None:
        """`AmiUnavailable` if that fails."""
        await self.client.connect()
        if self._deaf:
            self.client.close()
            raise AmiUnavailable("garbled")

    def _hear(self, message: Message) -> None:
        if not self._deaf:
            self._on_message(message)

    def _garbled(self) -> None:
        if not self._deaf:
            logs.get("pbx_link").error("ami_garbled")
        self._deaf = True
        self.client.close()


async def signed_in(make: Callable[[], Attempt]) -> AmiClient:
    """A client that has signed in. Begins another attempt each half second; `AmiUnavailable` once none is left."""
    under_way: dict[asyncio.Task[None], Attempt] = {}
    try:
        while True:
            if len(under_way) < MOST_AT_ONCE:
                attempt = make()
                under_way[asyncio.create_task(attempt.sign_in())] = attempt
            until = asyncio.get_running_loop().time() + NEXT_AFTER_SECONDS
            while under_way and (left := until - asyncio.get_running_loop().time()) > 0:
                over, _ = await asyncio.wait(under_way, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                failed = None
                for task in over:
                    failed = task.exception()
                    if failed is None:
                        return under_way.pop(task).client
                    del under_way[task]
                if failed is not None and not under_way:
                    raise failed
    finally:
        await _end(under_way)


async def _end(under_way: dict[asyncio.Task[None], Attempt]) -> None:
    for task, attempt in under_way.items():
        task.cancel()
        attempt.client.close()
    await asyncio.gather(*under_way, return_exceptions=True)
