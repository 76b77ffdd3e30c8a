"""Names and addresses in SIP headers: `"Name" <sip:user@host:port>;tag=x` (RFC 3261 §20.10, §25). Pure."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from callcenter.phones.errors import GarbledMessage
from callcenter.phones.sip_message import safe

Address = tuple[str, int]
"""IPv4 address and UDP port."""

_ANGLED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^<>]*)>(.*)', re.DOTALL)
_TAG = re.compile(r";\s*tag=([^;\s>,]+)", re.IGNORECASE)
_USER_SAFE = "-_.!~*'()&=+$,;?/"


@dataclass(frozen=True)
class NameAddress:
    """One From, To or Contact value: display name, URI, and the parameters behind it as they stand."""

    name: str
    uri: str
    parameters: str = ""

    @property
    def tag(self) -> str:
        found = _TAG.search(self.parameters)
        return found[1] if found else ""

    @property
    def user(self) -> str:
        """The unescaped user part of the URI, "" when there is none."""
        return user_of(self.uri)


def parse_name_address(value: str) -> NameAddress:
    """Read one header value; GarbledMessage when no URI can be found in it."""
    found = _ANGLED.fullmatch(value)
    if found:
        name = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2].strip()
        return NameAddress(name, found[3].strip(), found[4])
    uri, semicolon, parameters = value.strip().partition(";")
    if ":" not in uri or re.search(r'[\s<>"]', uri):
        raise GarbledMessage("no URI in an address header")
    return NameAddress("", uri, semicolon + parameters)


def name_address(name: str, uri: str, tag: str = "") -> str:
    """A header value. Any text may be the name: it is quoted; UnsafeText when it holds control characters."""
    escaped = safe(name).replace("\\", "\\\\").replace('"', '\\"')
    return (f'"{escaped}" ' if name else "") + f"<{uri}>" + (f";tag={tag}" if tag else "")


def sip_uri(user: str, address: Address) -> str:
    """`sip:user@host:port`; every character a URI's user part may not hold is escaped."""
    return f"sip:{quote(safe(user), safe=_USER_SAFE)}@{address[0]}:{address[1]}"


def user_of(uri: str) -> str:
    """The user part of a SIP URI: `sip:1001@host` → `1001`."""
    scheme, _, rest = uri.partition(":")
    if scheme.lower() not in ("sip", "sips") or "@" not in rest:
        return ""
    return unquote(rest.rpartition("@")[0].partition(":")[0])
