"""Being reachable: REGISTER, again before it runs out, and taking it back."""

import asyncio
import re
from collections.abc import Callable

from callcenter.phones.dialog import Dialog
from callcenter.phones.digest import Credentials
from callcenter.phones.sip_address import Address, name_address, sip_uri
from callcenter.phones.sip_message import Header, Request, Response
from callcenter.phones.stack import SipStack, token

RETRY_SECONDS = 5.0


class Registration:
    """One device's registration with `server`. `on_change(code)` is told of every answer."""

    def __init__(
        self,
        stack: SipStack,
        server: Address,
        user: str,
        credentials: Credentials | None,
        on_change: Callable[[int], None],
    ) -> None:
        self._stack = stack
        self._server = server
        self._credentials = credentials
        self._on_change = on_change
        self._refresher: asyncio.Task[None] | None = None
        address = name_address("", sip_uri(user, server))
        target = f"sip:{server[0]}:{server[1]}"
        self._dialog = Dialog(stack, token(), user, address, address, target)

    async def register(self, expires: int = 300) -> int:
        """Register and keep it so. Returns the first answer's SIP code (200 is good, 408 silence)."""
        response = await self._send(expires)
        if response.code == 200:
            self._stop()
            self._refresher = self._stack.spawn(self._refresh(expires, granted_seconds(response, expires)))
        return response.code

    async def unregister(self) -> int:
        """Take it back; returns the SIP code."""
        self._stop()
        return (await self._send(0)).code

    def _stop(self) -> None:
        if self._refresher is not None:
            self._refresher.cancel()
            self._refresher = None

    async def _send(self, expires: int) -> Response:
        def build(extra: tuple[Header, ...]) -> Request:
            return self._dialog.request("REGISTER", (("Expires", str(expires)), *extra))

        response = await self._stack.authorised(build, self._server, self._credentials)
        self._on_change(response.code if expires else 0)
        return response

    async def _refresh(self, expires: int, granted: int) -> None:
        while True:
            await asyncio.sleep(granted * 0.8)
            response = await self._send(expires)
            while response.code != 200:
                await asyncio.sleep(RETRY_SECONDS)
                response = await self._send(expires)
            granted = granted_seconds(response, expires)


def granted_seconds(response: Response, asked: int) -> int:
    """How long the server keeps us: `expires` of the contact, else the Expires header, else what we asked for."""
    found = re.search(r";\s*expires=([0-9]{1,6})\b", response.get("Contact"), re.ASCII)
    text = found[1] if found else response.get("Expires")
    granted = int(text) if re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) else asked
    return min(max(granted, 2), 86_400)
