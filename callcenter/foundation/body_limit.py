"""No request body above a limit gets near a parser: refused by what it announces, else by what has come of it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callcenter.foundation.problems import problem

MOST_BYTES = 256 * 1024
"""The largest body we take is a draft of 32 KiB; JSON may write each of its characters in six."""


class BodyLimit:
    """ASGI middleware, outermost: 413 `body_too_large` before the sign-in is looked at, and the connection closed."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._most = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = None if self._announced(scope) > self._most else await self._read(receive)
        if read is None:
            refusal = problem(Request(scope), 413, "body_too_large", {"most_bytes": self._most})
            refusal.headers["Connection"] = "close"  # what still comes of the body is nobody's request
            await refusal(scope, receive, send)
        else:
            await self._app(scope, _again(read, receive), send)

    def _announced(self, scope: Scope) -> int:
        value = dict(scope["headers"]).get(b"content-length", b"")
        return int(value[:20]) if value.isdigit() else 0  # more digits than int() takes are too many in any case

    async def _read(self, receive: Receive) -> Message | None:
        """The whole body as one message (or the news that the browser has gone); None as soon as it is too long."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message
            body += message.get("body", b"")
            if len(body) > self._most:
                return None
            if not message.get("more_body", False):
                return {"type": "http.request", "body": bytes(body), "more_body": False}


def _again(read: Message, receive: Receive) -> Receive:
    """A `receive` that begins with what was read already."""
    left = [read]

    async def replayed() -> Message:
        return left.pop() if left else await receive()

    return replayed
