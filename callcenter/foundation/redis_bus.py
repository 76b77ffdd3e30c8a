"""Wake-ups by Redis' publish and subscribe: the only import of redis (extra `redis`)."""

import asyncio
from typing import ClassVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from callcenter.foundation.bus import CONNECT_SECONDS, QUIET_SECONDS, ConnectedBus


def _heed_cancellation() -> None:
    """redis loses one that comes together with an answer (`wait_for` of Python 3.11)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class RedisBus(ConnectedBus):
    """`name` tells apart deployments that share one Redis; a wrong wake-up would do no harm, but cost a look."""

    failures: ClassVar = (RedisError, OSError)

    def __init__(self, url: str, name: str) -> None:
        super().__init__()
        self._url = url
        self._channel = f"callcenter:{name}"

    def _client(self) -> Redis:
        return Redis.from_url(
            self._url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_keepalive=True,
            health_check_interval=int(QUIET_SECONDS),
        )

    async def _hear(self) -> None:
        async with self._client() as client, client.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.subscribe(self._channel)
            self.connected()
            while True:
                message = await subscription.get_message(timeout=QUIET_SECONDS)
                _heed_cancellation()
                if message is None:
                    await client.ping()
                else:
                    self.hear_text(message["data"].decode("utf-8", "replace"))

    async def _send(self) -> None:
        async with self._client() as client:
            while True:
                topic, number = await self.next_to_send()
                await client.publish(self._channel, f"{topic} {number}")
                _heed_cancellation()
                self.sent(topic, number)
