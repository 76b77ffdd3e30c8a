"""A plain AMI client for tests: keeps every event, adds nothing. Not the service's own client, on purpose."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Message = dict[str, str]


class AmiWire:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Message] = []
        self._reader, self._writer = reader, writer
        self._replies: dict[str, asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    async def send(self, action: str, **headers: str) -> Message:
        """The first response to the action (15 s at most: a pause is written to disk before it is answered)."""
        number = f"t{next(self._numbers)}"
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        lines = [f"Action: {action}", f"ActionID: {number}", *(f"{key}: {value}" for key, value in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await asyncio.wait_for(reply, 15)

    async def wait_for(self, condition: Callable[[Message], bool], what: str, *, seconds: float = 10) -> Message:
        """The first event since the login that fits; `what` names it in the failure."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: self.find(condition)), seconds)
            except TimeoutError:
                names = [event.get("Event", "") for event in self.events][-30:]
                raise AssertionError(f"no {what} within {seconds} s; last events: {names}") from None
        found = self.find(condition)
        assert found is not None
        return found

    async def event(self, name: str, *, seconds: float = 10, **fields: str) -> Message:
        return await self.wait_for(lambda m: fits(m, name, fields), f"{name} {fields}", seconds=seconds)

    def find(self, condition: Callable[[Message], bool]) -> Message | None:
        return next((event for event in self.events if condition(event)), None)

    def all(self, name: str, **fields: str) -> list[Message]:
        return [event for event in self.events if fits(event, name, fields)]

    async def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def _read(self) -> None:
        while True:
            block = (await self._reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
            message: Message = {}
            for line in block.split("\r\n"):
                key, colon, value = line.partition(": ")
                if colon:
                    message.setdefault(key, value)
            await self._take(message)

    async def _take(self, message: Message) -> None:
        waiting = self._replies.get(message.get("ActionID", ""))
        if "Response" in message and waiting is not None and not waiting.done():
            waiting.set_result(message)
        if "Event" in message:
            async with self._changed:
                self.events.append(message)
                self._changed.notify_all()


def fits(message: Message, name: str, fields: dict[str, str]) -> bool:
    return message.get("Event") == name and all(message.get(key) == value for key, value in fields.items())


@asynccontextmanager
async def ami(port: int, user: str, secret: str) -> AsyncIterator[AmiWire]:
    """Signed in; AssertionError when the PBX refuses."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()  # the banner
    wire = AmiWire(reader, writer)
    try:
        answer = await wire.send("Login", Username=user, Secret=secret)
        assert answer["Response"] == "Success", answer
        yield wire
    finally:
        await wire.close()
