"""Which Origin a browser's request may carry (defence against cross-site requests and websocket hijacking)."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from callcenter.foundation.settings import Settings


def is_ours(connection: HTTPConnection, settings: Settings, *, required: bool) -> bool:
    """Whether the Origin header names this service or a configured origin.

    Browsers always send it with a websocket handshake (`required`); other clients of the HTTP API may not.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return not required
    if origin in settings.public_origins or origin == settings.public_origin:
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == connection.headers.get("host")
