"""SIP messages as values: parse bytes into them, build bytes from them (RFC 3261 §7). Pure."""

import re
from dataclasses import dataclass, replace
from typing import TypeVar

from callcenter.phones.errors import GarbledMessage, UnsafeText

Header = tuple[str, str]

_FULL_NAMES = {
    "i": "Call-ID",
    "m": "Contact",
    "e": "Content-Encoding",
    "l": "Content-Length",
    "c": "Content-Type",
    "f": "From",
    "s": "Subject",
    "k": "Supported",
    "t": "To",
    "v": "Via",
    "o": "Event",
    "r": "Refer-To",
    "b": "Referred-By",
}
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?")
_CSEQ = re.compile(r"([0-9]{1,10})\s+(\S+)")
_BRANCH = re.compile(r";\s*branch=([^;,\s]+)")
_REQUIRED = ("Via", "From", "To", "Call-ID", "CSeq")

M = TypeVar("M", bound="Message")


def safe(text: str) -> str:
    """The text unchanged; UnsafeText when it holds a control character (CR and LF above all)."""
    if _CONTROLS.search(text):
        raise UnsafeText("control characters are not allowed in a SIP header")
    return text


@dataclass(frozen=True, kw_only=True)
class Message:
    """Headers in order and body. Content-Length is never among the headers: encode() writes it."""

    headers: tuple[Header, ...] = ()
    body: bytes = b""

    @property
    def start_line(self) -> str:
        raise NotImplementedError

    def get(self, name: str) -> str:
        """The first header of that name (any case), "" when there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """All headers of that name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def with_headers(self: M, *extra: Header) -> M:
        """The same message with more headers at the end."""
        return replace(self, headers=(*self.headers, *extra))

    @property
    def call_id(self) -> str:
        return self.get("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of CSeq; GarbledMessage when it is not one."""
        found = _CSEQ.fullmatch(self.get("CSeq"))
        if found is None or int(found[1]) >= 2**32:
            raise GarbledMessage("unreadable CSeq")
        return int(found[1]), found[2]

    @property
    def transaction(self) -> tuple[str, str]:
        """(branch of the topmost Via, method): what a response and its request have in common."""
        found = _BRANCH.search(self.get("Via"))
        return (found[1] if found else f"{self.call_id} {self.get('CSeq')}"), self.cseq[1]

    def encode(self, raw: bytes = b"") -> bytes:
        """Bytes for the wire. `raw` is put among the headers untouched: only tests of hostile input use it."""
        lines = [safe(self.start_line), *(f"{safe(name)}: {safe(value)}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join(lines).encode("utf-8", "surrogateescape")
        return head + b"\r\n" + raw + b"\r\n" + self.body


@dataclass(frozen=True, kw_only=True)
class Request(Message):
    method: str
    uri: str

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


@dataclass(frozen=True, kw_only=True)
class Response(Message):
    code: int
    reason: str = ""

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.code} {self.reason}"


def parse(data: bytes) -> Request | Response:
    """Read one datagram. Raises GarbledMessage for anything that is not a complete SIP message."""
    head, end, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not end:
        raise GarbledMessage("no end of headers")
    lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "surrogateescape")).split("\r\n")
    if any(_CONTROLS.search(line) for line in lines):
        raise GarbledMessage("control characters in the head")
    headers = [_header(line) for line in lines[1:]]
    body = _cut(body, [value for name, value in headers if name == "Content-Length"])
    message = _message(lines[0], tuple(h for h in headers if h[0] != "Content-Length"), body)
    _check(message)
    return message


def _header(line: str) -> Header:
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise GarbledMessage("a header line without a name")
    name = _FULL_NAMES.get(name.lower(), name)
    return ("Content-Length" if name.lower() == "content-length" else name), value.strip()


def _cut(body: bytes, lengths: list[str]) -> bytes:
    if not lengths:
        return body
    if not re.fullmatch(r"[0-9]{1,6}", lengths[0], re.ASCII) or int(lengths[0]) > len(body):
        raise GarbledMessage("Content-Length does not fit")
    return body[: int(lengths[0])]


def _message(start: str, headers: tuple[Header, ...], body: bytes) -> Request | Response:
    status = _STATUS_LINE.fullmatch(start)
    if status:
        return Response(code=int(status[1]), reason=status[2] or "", headers=headers, body=body)
    words = start.split(" ")
    if len(words) != 3 or words[2] != "SIP/2.0" or not _TOKEN.fullmatch(words[0]) or not words[1]:
        raise GarbledMessage("neither a request nor a status line")
    return Request(method=words[0], uri=words[1], headers=headers, body=body)


def _check(message: Request | Response) -> None:
    if not all(message.get(name) for name in _REQUIRED):
        raise GarbledMessage("a required header is missing")
    method = message.cseq[1]
    if isinstance(message, Request) and method != message.method:
        raise GarbledMessage("CSeq names another method")
