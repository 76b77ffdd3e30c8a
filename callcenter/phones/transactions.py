"""SIP over UDP loses packets: requests are sent again until answered, answers again when asked (RFC 3261 §17)."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from callcenter.phones.sip_message import Request, Response

Send = Callable[[bytes], None]
REMEMBERED = 1024
"""Finished transactions kept, so that late repeats are recognised."""


@dataclass(frozen=True)
class Timers:
    """Seconds: first repeat, longest step between repeats (not for INVITE). All else is 64 times the first."""

    t1: float = 0.5
    t2: float = 4.0

    @property
    def give_up(self) -> float:
        return 64 * self.t1


def acknowledgement(request: Request, response: Response) -> Request:
    """The ACK for a refused INVITE: same branch, the other side's tag (RFC 3261 §17.1.1.3)."""
    kept = [(name, value) for name, value in request.headers if name in ("Via", "From", "Call-ID", "Route")]
    headers = (*kept, ("To", response.get("To")), ("CSeq", f"{request.cseq[0]} ACK"), ("Max-Forwards", "70"))
    return Request(method="ACK", uri=request.uri, headers=headers)


class ClientTransaction:
    """One request of ours: repeats it, collects the answers, acknowledges refusals of an INVITE."""

    def __init__(self, request: Request, send: Send, timers: Timers, raw: bytes = b"") -> None:
        self.request = request
        self.finished = False
        self._wire = request.encode(raw)
        self._send = send
        self._timers = timers
        self._inbox: asyncio.Queue[Response] = asyncio.Queue(64)
        self._is_invite = request.method == "INVITE"

    def receive(self, response: Response) -> None:
        """One response has come in for it."""
        if self._is_invite and response.code >= 300:
            self._send(acknowledgement(self.request, response).encode())
        if not self.finished and not self._inbox.full():
            self._inbox.put_nowait(response)

    async def final(self, on_provisional: Callable[[Response], None] | None = None) -> Response:
        """Send, repeat, wait. Silence becomes a 408 of our own making; an INVITE that rings may ring for ever."""
        now = asyncio.get_running_loop().time
        step, due, end = self._timers.t1, now() + self._timers.t1, now() + self._timers.give_up
        self._send(self._wire)
        try:
            while True:
                response = await self._next(min(due, end) - now())
                if response is None and now() >= end:
                    return _timed_out(self.request)
                if response is None:
                    self._send(self._wire)
                    step = step * 2 if self._is_invite else min(step * 2, self._timers.t2)
                    due = now() + step
                elif response.code >= 200:
                    return response
                else:
                    if on_provisional is not None:
                        on_provisional(response)
                    due, end = (float("inf"), float("inf")) if self._is_invite else (due, end)
        finally:
            self.finished = True

    async def _next(self, seconds: float) -> Response | None:
        if seconds == float("inf"):
            return await self._inbox.get()
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return await self._inbox.get()
        except TimeoutError:
            return None


def _timed_out(request: Request) -> Response:
    return Response(code=408, reason="Request Timeout", headers=request.headers)


class ClientTransactions:
    """Finds the request a response belongs to."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, str], ClientTransaction] = OrderedDict()

    def add(self, transaction: ClientTransaction) -> None:
        self._open[transaction.request.transaction] = transaction
        while len(self._open) > REMEMBERED and next(iter(self._open.values())).finished:
            self._open.popitem(last=False)

    def find(self, response: Response) -> ClientTransaction | None:
        return self._open.get(response.transaction)


class ServerTransactions:
    """Remembers the last answer to each request, to say it again when the request is repeated."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    def begin(self, request: Request) -> bytes | None:
        """None for a new request; for a repeat the last answer, b"" when there is none yet."""
        key = _identity(request)
        if key in self._answers:
            return self._answers[key]
        self._answers[key] = b""
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return None

    def answered(self, request: Request, wire: bytes) -> None:
        self._answers[_identity(request)] = wire


def _identity(request: Request) -> tuple[str, ...]:
    return (*request.transaction, request.call_id, str(request.cseq[0]))


def reply_to(request: Request, code: int, reason: str, *, tag: str = "") -> Response:
    """A response with the headers that must be repeated from the request."""
    kept = [(name, value) for name, value in request.headers if name in ("Via", "Record-Route")]
    to = request.get("To")
    if tag and ";tag=" not in to.lower():
        to += f";tag={tag}"
    headers = (
        *kept,
        ("From", request.get("From")),
        ("To", to),
        ("Call-ID", request.call_id),
        ("CSeq", request.get("CSeq")),
    )
    return replace(Response(code=code, reason=reason), headers=headers)
