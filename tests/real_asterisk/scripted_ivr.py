"""A FastAGI program that sets variables by the caller's number and hands the call back: the IVR of queue tests."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

Variables = Mapping[str, str]


@asynccontextmanager
async def scripted_ivr(port: int, script: Mapping[str, Variables]) -> AsyncIterator[None]:
    """`script`: caller's number -> channel variables that the IVR sets for this call."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        environment: dict[str, str] = {}
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            key, _, value = line.partition(": ")
            environment[key] = value
        for name, value in script.get(environment.get("agi_callerid", ""), {}).items():
            quoted = value.replace("\\", "\\\\").replace('"', '\\"')
            writer.write(f'SET VARIABLE {name} "{quoted}"\n'.encode())
            await reader.readline()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        yield
