"""Digest authentication (RFC 2617, with SHA-256 of RFC 8760). Pure."""

import hashlib
import re
from dataclasses import dataclass

from callcenter.phones.errors import GarbledMessage
from callcenter.phones.sip_message import Response, safe

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}
_ANSWERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@dataclass(frozen=True)
class Credentials:
    user: str
    password: str


@dataclass(frozen=True)
class Challenge:
    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    opaque: str = ""


def parse_challenge(value: str) -> Challenge:
    """Read one WWW-Authenticate value; GarbledMessage when we cannot answer it."""
    scheme, _, rest = value.strip().partition(" ")
    found = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
    algorithm = found.get("algorithm", "MD5").upper()
    qops = [word.strip() for word in found.get("qop", "").split(",")]
    if scheme.lower() != "digest" or algorithm not in _HASHES or not found.get("nonce"):
        raise GarbledMessage("a challenge of an unknown kind")
    if qops != [""] and "auth" not in qops:
        raise GarbledMessage("a challenge without qop=auth")
    qop = "auth" if "auth" in qops else ""
    return Challenge(found.get("realm", ""), found["nonce"], algorithm, qop, found.get("opaque", ""))


def answer(
    challenge: Challenge, credentials: Credentials, *, method: str, uri: str, cnonce: str, count: int = 1
) -> str:
    """The value of the Authorization header for one request."""

    def hashed(text: str) -> str:
        digest = hashlib.new(
            _HASHES[challenge.algorithm], text.encode("utf-8", "surrogateescape"), usedforsecurity=False
        )
        return digest.hexdigest()

    secret = hashed(f"{credentials.user}:{challenge.realm}:{credentials.password}")
    request = hashed(f"{method}:{uri}")
    number = f"{count:08x}"
    middle = f"{number}:{cnonce}:auth:" if challenge.qop else ""
    response = hashed(f"{secret}:{challenge.nonce}:{middle}{request}")
    parts = [
        f'username="{safe(credentials.user)}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f'response="{response}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.opaque:
        parts.append(f'opaque="{challenge.opaque}"')
    if challenge.qop:
        parts += ["qop=auth", f"nc={number}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(parts)


def authorization(
    response: Response, credentials: Credentials, *, method: str, uri: str, cnonce: str
) -> tuple[str, str] | None:
    """The header that answers a 401 or 407; None when `response` asks for nothing we can give."""
    asks, answers = _ANSWERS.get(response.code, ("", ""))
    for value in response.all(asks):
        try:
            challenge = parse_challenge(value)
        except GarbledMessage:
            continue
        return answers, answer(challenge, credentials, method=method, uri=uri, cnonce=cnonce)
    return None
