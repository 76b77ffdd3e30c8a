"""One UDP socket that speaks SIP: sends requests and answers, hands new requests upward."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine

from callcenter.phones.digest import Credentials, authorization
from callcenter.phones.errors import GarbledMessage
from callcenter.phones.sip_address import Address
from callcenter.phones.sip_message import Header, Message, Request, Response, parse
from callcenter.phones.transactions import (
    ClientTransaction,
    ClientTransactions,
    ServerTransactions,
    Timers,
    reply_to,
)

log = logging.getLogger(__name__)

USER_AGENT = "hotline-phone"
ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, UPDATE, INFO"

OnRequest = Callable[[Request, Address], None]
OnStray = Callable[[Response], None]


def token(octets: int = 8) -> str:
    """A random word for tags, branches and call ids."""
    return secrets.token_hex(octets)


class SipStack(asyncio.DatagramProtocol):
    """open() it, set on_request and on_stray, close() it. Hostile packets are counted and passed over."""

    def __init__(self, timers: Timers | None = None) -> None:
        self.timers = timers or Timers()
        self.garbled = 0
        self.local: Address = ("", 0)
        self.on_request: OnRequest = lambda request, peer: None
        self.on_stray: OnStray = lambda response: None
        self._clients = ClientTransactions()
        self._servers = ServerTransactions()
        self._transport: asyncio.DatagramTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int = 0) -> None:
        """Bind; port 0 takes a free one. OSError when it cannot."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self.local = self._transport.get_extra_info("sockname")

    async def close(self) -> None:
        """End all that runs in the background, then the socket."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run in the background until done or until close()."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background work of a phone failed", exc_info=task.exception())

    def send_raw(self, data: bytes, peer: Address) -> None:
        """Bytes as they are."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, peer)

    def send(self, message: Message, peer: Address) -> None:
        self.send_raw(message.encode(), peer)

    def via(self, branch: str = "") -> Header:
        """A Via header with a new branch (or the given one)."""
        host, port = self.local
        return "Via", f"SIP/2.0/UDP {host}:{port};branch={branch or 'z9hG4bK' + token()};rport"

    def transact(self, request: Request, peer: Address, raw: bytes = b"") -> ClientTransaction:
        """Prepare to send a request; `await .final()` sends it and waits for the answer."""
        transaction = ClientTransaction(request, lambda data: self.send_raw(data, peer), self.timers, raw)
        self._clients.add(transaction)
        return transaction

    async def authorised(
        self, build: Callable[[tuple[Header, ...]], Request], peer: Address, credentials: Credentials | None
    ) -> Response:
        """Send what `build(extra headers)` makes; when challenged, once more with the answer."""
        request = build(())
        response = await self.transact(request, peer).final()
        header = self.answer_challenge(request, response, credentials)
        if header is None:
            return response
        return await self.transact(build((header,)), peer).final()

    def answer_challenge(
        self, request: Request, response: Response, credentials: Credentials | None
    ) -> Header | None:
        """The header to try again with; None when there is no challenge or nothing to answer it with."""
        if credentials is None:
            return None
        return authorization(response, credentials, method=request.method, uri=request.uri, cnonce=token())

    def respond(
        self,
        request: Request,
        peer: Address,
        code: int,
        reason: str,
        *,
        tag: str = "",
        headers: tuple[Header, ...] = (),
        body: bytes = b"",
    ) -> bytes:
        """Answer a request and remember the answer for repeats; returns the bytes sent."""
        response = reply_to(request, code, reason, tag=tag).with_headers(*headers, ("Allow", ALLOW))
        if body:
            response = response.with_headers(("Content-Type", "application/sdp"))
        wire = Response(code=code, reason=reason, headers=response.headers, body=body).encode()
        self._servers.answered(request, wire)
        self.send_raw(wire, peer)
        return wire

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            message = parse(data)
        except GarbledMessage:
            self.garbled += 1
            return
        if isinstance(message, Response):
            self._on_response(message)
        else:
            self._on_request(message, addr)

    def _on_response(self, response: Response) -> None:
        transaction = self._clients.find(response)
        if transaction is None:
            return
        if transaction.finished:
            self.on_stray(response)
        transaction.receive(response)

    def _on_request(self, request: Request, peer: Address) -> None:
        repeat = None if request.method == "ACK" else self._servers.begin(request)
        if repeat:
            self.send_raw(repeat, peer)
        if repeat is not None:
            return
        try:
            self.on_request(request, peer)
        except GarbledMessage as error:
            self.garbled += 1
            if request.method != "ACK":
                self.respond(request, peer, 400, f"Bad Request: {error}")

    def error_received(self, exc: Exception) -> None:
        """A closed port at the other side shows up here; the repeats of the transaction deal with it."""
