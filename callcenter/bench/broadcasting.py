"""The floor of the wall: websockets' own `broadcast` and nothing else. A text a line in, when it was said out."""

import asyncio
import sys
import time

from websockets.asyncio.server import ServerConnection, broadcast, serve


async def _run(port: int) -> None:
    connected: set[ServerConnection] = set()

    async def hold(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send('{"type":"snapshot"}')
        connected.add(connection)
        try:
            async for _ in connection:
                pass
        finally:
            connected.discard(connection)

    async with serve(hold, "127.0.0.1", port, compression=None, ping_interval=None):
        print("up", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(time.monotonic(), flush=True)
            broadcast(connected, line.strip())


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
