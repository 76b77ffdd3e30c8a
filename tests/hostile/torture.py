"""The 49 messages of RFC 4475, built anew from what it says each one tests, addressed to a PBX of ours.

`MESSAGES` maps the RFC's short names to builders. A builder takes a `Place` (who sends, whom it is for) and gives the
octets of one datagram. The numbers of sections stand before each group.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Header = tuple[str, str]
SDP = (
    "v=0\r\no=caller 3625342 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 49172 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\n"
)


@dataclass(frozen=True)
class Place:
    """`here`: host:port of the answers; `pbx`: host:port; `user`: whom we ask for; `own`: who we say we are."""

    here: str
    pbx: str
    user: str
    own: str
    call: str

    @property
    def uri(self) -> str:
        return f"sip:{self.user}@{self.pbx}"

    @property
    def branch(self) -> str:
        return f"z9hG4bK-{self.call}"


Builder = Callable[[Place], bytes]


def _headers(p: Place, method: str, body: str) -> list[Header]:
    return [
        ("Via", f"SIP/2.0/UDP {p.here};branch={p.branch}"),
        ("Max-Forwards", "70"),
        ("From", f'"caller" <sip:{p.own}@{p.pbx}>;tag=f{p.call}'),
        ("To", f"<{p.uri}>"),
        ("Call-ID", p.call),
        ("CSeq", f"1 {method}"),
        ("Contact", f"<sip:{p.own}@{p.here}>"),
        *([("Content-Type", "application/sdp")] if body else []),
        ("Content-Length", str(len(body.encode()))),
    ]


def _message(
    p: Place,
    method: str = "INVITE",
    *,
    line: str = "",
    body: str | None = None,
    change: dict[str, str | None] | None = None,
    more: Iterable[Header] = (),
) -> bytes:
    """One request. `change` replaces headers by name (None leaves one out), `more` stand behind them."""
    body = SDP if body is None and method == "INVITE" else body or ""
    change = change or {}
    headers = [(name, change.get(name, value)) for name, value in _headers(p, method, body)]
    headers += [(name, value) for name, value in change.items() if name not in dict(headers)]
    lines = [line or f"{method} {p.uri} SIP/2.0"]
    lines += [f"{name}: {value}" for name, value in (*headers, *more) if value is not None]
    return ("\r\n".join([*lines, "", ""]) + body).encode("utf-8", "surrogateescape")


def _response(p: Place, status: str, **change: str | None) -> bytes:
    named = {name.replace("_", "-"): value for name, value in change.items()}
    return _message(p, "INVITE", line=f"SIP/2.0 {status}", body="", change=named)


# ---- 3.1.1 valid, if unusual ----


def wsinv(p: Place) -> bytes:
    """White space wherever it may stand, short header names, folded lines, three Vias, unknown parameters."""
    lines = [
        f"INVITE {p.uri};unknownparam SIP/2.0",
        f"TO :\r\n {p.uri} ;   tag    = 1918181833n",
        f'from   : "A caller \\\\\\""       <sip:{p.own}@{p.pbx}>\r\n  ;\r\n  tag = odd{p.call}',
        "MaX-fOrWaRdS: 0068",
        f"Call-ID: {p.call}",
        "Content-Length   : " + str(len(SDP)),
        "cseq: 0009\r\n  INVITE",
        "Via  : SIP  /   2.0\r\n /UDP\r\n    " + f"{p.here};branch={p.branch}",
        "s :",
        "Unheard-Of:   some value\r\n that goes on",
        "Only-Signs: ;;,,;;,;",
        "Content-Type: application/sdp",
        "Route:\r\n <sip:hop.example.com;lr;with=value;without>",
        "v:  SIP  / 2.0  / TCP     hop.example.com   ;\r\n  branch  =   z9hG4bKhop1  ,\r\n"
        " SIP  /    2.0   / UDP  192.0.2.111   ; branch=\r\n z9hG4bKhop2",
        f'm:"Quoted \\"\\"" <sip:{p.own}@{p.here}> ; first =\r\n      value ;\r\n  second ; q = 0.33',
    ]
    return ("\r\n".join([*lines, "", ""]) + SDP).encode()


def intmeth(p: Place) -> bytes:
    """Every sign a token, a URI and a quoted string may have, in the method too."""
    method = "!odd-Method0123456789_*+`.%too'~"
    odd = "a_b.c~(d-e!f)&g'h+i$/j?,/;;*:&k+l=1,m!*n$o~p_q.(r's-t)"
    return _message(
        p,
        method,
        line=f"{method} sip:{odd}@{p.pbx} SIP/2.0",
        change={
            "From": f"a~` b'+_ c*%!.- <sip:plain@{p.pbx}>;par''~+*_!.-%=\"\u0440\";tag=_t~1'+`*%!-.{p.call}",
            "To": f'"BEL:\\\x07 NUL:\\\x01 DEL:\\\x7f" <sip:{odd}@{p.pbx}>',
            "extensionHeader-!.%*+_`'~": "\ufeff\u5927\u505c\u96fb",
        },
    )


def esc01(p: Place) -> bytes:
    """Percent escapes that stand for signs; a user name with an escaped @."""
    return _message(
        p,
        line=f"INVITE sip:sips%3Auser%40example.com@{p.pbx} SIP/2.0",
        change={
            "To": f"<sip:%75se%72@{p.pbx}>",
            "Contact": f"<sip:cal%6Cer@{p.here};%6C%72;n%61me=v%61lue%25%34%31>",
        },
    )


def escnull(p: Place) -> bytes:
    """A registration of names with an escaped NUL in them."""
    return _message(
        p,
        "REGISTER",
        line=f"REGISTER sip:{p.pbx} SIP/2.0",
        change={
            "From": f"<sip:null-%00-null@{p.pbx}>;tag=f{p.call}",
            "To": f"<sip:null-%00-null@{p.pbx}>",
            "Contact": f"<sip:%00@{p.here}>, <sip:%00%00@{p.here}>",
        },
    )


def esc02(p: Place) -> bytes:
    """A percent sign in a method and in a quoted name is no escape."""
    method = "RE%47IST%45R"
    return _message(
        p,
        method,
        line=f"{method} sip:registrar.{p.pbx} SIP/2.0",
        change={"From": f'"%Z%45" <sip:resource@{p.pbx}>;tag=f{p.call}', "To": f'"%Z%45" <sip:{p.own}@{p.pbx}>'},
    )


def lwsdisp(p: Place) -> bytes:
    """No space between the display name and its address."""
    return _message(p, "OPTIONS", change={"From": f"caller<sip:{p.own}@{p.pbx}>;tag=f{p.call}"})


def longreq(p: Place) -> bytes:
    """Long values everywhere, and thirty-four Vias."""
    long = "long" * 20
    more = [("Via", f"SIP/2.0/TCP sip{n}.example.com") for n in range(33, 0, -1)]
    return _message(
        p,
        line=f"INVITE {p.uri};{long}param=very{long}value SIP/2.0",
        change={
            "From": f'<sip:a{long}user@{p.pbx}>;tag=12{long * 3}{p.call};un{long}param="quoted {long}"',
            "To": f'"I have a user name of {"extreme " * 20}" <{p.uri}:6000;unknownparam1=ver{long};lr>',
            "Call-ID": f"long{'r' * 100}{p.call}",
            "Contact": f"<sip:a{long}user@{p.here}>",
            f"Unknown-{long * 2}-Header": f"unknown-{long * 2}-value; parameter={long * 3}",
        },
        more=more,
    )


def dblreq(p: Place) -> bytes:
    """A second request behind the first, in one datagram, beyond its Content-Length."""
    first = _message(p, "REGISTER", line=f"REGISTER sip:{p.pbx} SIP/2.0")
    return first + _message(Place(p.here, p.pbx, p.user, p.own, f"{p.call}b"))


def semiuri(p: Place) -> bytes:
    """Semicolons with parameters inside the user part."""
    return _message(p, "OPTIONS", line=f"OPTIONS sip:user;par=u%40example.net@{p.pbx} SIP/2.0")


def transports(p: Place) -> bytes:
    """Vias of every transport and of one nobody knows."""
    more = [
        ("Via", f"SIP/2.0/{t} t{n}.example.com;branch=z9hG4bKv{n}")
        for n, t in enumerate(("TCP", "TLS", "SCTP", "UNKNOWN"))
    ]
    return _message(p, "OPTIONS", more=more)


def mpart01(p: Place) -> bytes:
    """A body of several parts, one of them octets with NUL."""
    boundary = "a-part-begins-here"
    text = "Content-Type: text/plain\r\n\r\nHello\r\n"
    octets = "Content-Type: application/octet-stream\r\n\r\n\x00\x01\x02\x7f\r\n"
    parts = f"--{boundary}\r\n{text}--{boundary}\r\n{octets}--{boundary}--\r\n"
    return _message(p, "MESSAGE", body=parts, change={"Content-Type": f"multipart/mixed;boundary={boundary}"})


def unreason(p: Place) -> bytes:
    """A reason phrase with signs, spaces and Cyrillic letters."""
    return _response(
        p, "200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e\u0441\u0442\u043e"
    )


def noreason(p: Place) -> bytes:
    """No reason phrase, only the space before it."""
    return _response(p, "100 ")


# ---- 3.1.2 invalid ----


def badinv01(p: Place) -> bytes:
    """Separators too many in Via and Contact."""
    return _message(
        p,
        change={
            "Via": f"SIP/2.0/UDP {p.here};;,;,,",
            "To": f"<{p.uri}>;tag=t{p.call};;",
            "Contact": f'"Joe" <sip:{p.own}@{p.here}>;;;;',
        },
    )


def clerr(p: Place) -> bytes:
    """Content-Length far beyond the datagram."""
    return _message(p, change={"Content-Length": "9999"})


def ncl(p: Place) -> bytes:
    """Negative Content-Length."""
    return _message(p, change={"Content-Length": "-999"})


def scalar02(p: Place) -> bytes:
    """Numbers too large for anything, in a request."""
    return _message(
        p,
        "REGISTER",
        line=f"REGISTER sip:{p.pbx} SIP/2.0",
        change={
            "CSeq": "36893488147419103232 REGISTER",
            "Max-Forwards": "300",
            "Expires": "1" + "0" * 100,
            "Contact": f"<sip:{p.own}@{p.here}>;expires=280297596632815",
        },
    )


def scalarlg(p: Place) -> bytes:
    """Numbers too large, in a response."""
    return _response(
        p, "503 Service Unavailable", CSeq="9" * 22 + " OPTIONS", Retry_After="9" * 27,
        Warning='9812 nobody "At Work"',
    )  # fmt: skip


def quotbal(p: Place) -> bytes:
    """A quoted name that does not end."""
    return _message(p, change={"To": f'"Wang Xiaoming <{p.uri}>'})


def ltgtruri(p: Place) -> bytes:
    """Angle brackets around the Request-URI."""
    return _message(p, line=f"INVITE <{p.uri}> SIP/2.0")


def lwsruri(p: Place) -> bytes:
    """A space inside the Request-URI."""
    return _message(p, line=f"INVITE {p.uri}; lr SIP/2.0")


def lwsstart(p: Place) -> bytes:
    """Several spaces between the parts of the request line."""
    return _message(p, line=f"INVITE  {p.uri}  SIP/2.0")


def trws(p: Place) -> bytes:
    """Spaces at the end of the request line."""
    return _message(p, "OPTIONS", line=f"OPTIONS {p.uri} SIP/2.0  ")


def escruri(p: Place) -> bytes:
    """Escaped headers in the Request-URI: a Route and a Replaces of somebody else's making."""
    return _message(p, line=f"INVITE {p.uri}?Route=%3Csip:example.com%3E&Replaces=x SIP/2.0")


def baddate(p: Place) -> bytes:
    """A time zone that Date may not have."""
    return _message(p, change={"Date": "Fri, 01 Jan 2010 16:00:00 EST"})


def regbadct(p: Place) -> bytes:
    """A Contact with escaped headers and no angle brackets."""
    return _message(
        p,
        "REGISTER",
        line=f"REGISTER sip:{p.pbx} SIP/2.0",
        change={"Contact": f"sip:{p.own}@{p.here}?Route=%3Csip:sip.example.com%3E", "To": f"<sip:{p.own}@{p.pbx}>"},
    )


def badaspec(p: Place) -> bytes:
    """Spaces within the address of To."""
    return _message(p, "OPTIONS", change={"To": f'"Wang, Xiaoming" < {p.uri} >'})


def baddn(p: Place) -> bytes:
    """A display name without quotes that is no row of tokens."""
    return _message(p, "OPTIONS", change={"From": f"Wang, Xiaoming <sip:{p.own}@{p.pbx}>;tag=f{p.call}"})


def badvers(p: Place) -> bytes:
    """A version nobody knows."""
    return _message(
        p, "OPTIONS", line=f"OPTIONS {p.uri} SIP/7.0", change={"Via": f"SIP/7.0/UDP {p.here};branch={p.branch}"}
    )


def mismatch01(p: Place) -> bytes:
    """CSeq names another method than the request line."""
    return _message(p, "OPTIONS", change={"CSeq": "8 INVITE"})


def mismatch02(p: Place) -> bytes:
    """The same with a method that nobody knows."""
    return _message(p, "NEWMETHOD", change={"CSeq": "8 INVITE"}, body=SDP)


def bigcode(p: Place) -> bytes:
    """A status code beyond three digits."""
    return _response(p, "4294967301 Too large a code")


# ---- 3.2 transactions, 3.3 what the fields mean, 3.4 older times ----


def badbranch(p: Place) -> bytes:
    """The magic cookie and nothing behind it."""
    return _message(p, "OPTIONS", change={"Via": f"SIP/2.0/UDP {p.here};branch=z9hG4bK"})


def insuf(p: Place) -> bytes:
    """No From, no To, no Call-ID."""
    return _message(p, change={"From": None, "To": None, "Call-ID": None})


def unkscm(p: Place) -> bytes:
    """A scheme that does not exist."""
    return _message(p, "OPTIONS", line="OPTIONS unheardofscheme:opaque SIP/2.0")


def novelsc(p: Place) -> bytes:
    """A scheme that exists and is no telephone's."""
    return _message(p, "OPTIONS", line="OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0")


def unksm2(p: Place) -> bytes:
    """Unknown schemes in To, From and Contact of a registration."""
    return _message(
        p,
        "REGISTER",
        line=f"REGISTER sip:{p.pbx} SIP/2.0",
        change={
            "From": f"<http://www.example.com>;tag=f{p.call}",
            "To": "isbn:9780000000002",
            "Contact": "<name:wang_xiaoming>",
        },
    )


def bext01(p: Place) -> bytes:
    """Extensions demanded that nobody has."""
    return _message(
        p,
        "OPTIONS",
        more=[
            ("Require", "unheardof1, unheardof2"),
            ("Proxy-Require", "unheardof3, unheardof4"),
        ],
    )


def invut(p: Place) -> bytes:
    """A body of a kind that nobody reads."""
    return _message(p, body='<speech port="443"/>\r\n', change={"Content-Type": "application/unheardof"})


def regaut01(p: Place) -> bytes:
    """An unknown way to authorize."""
    return _message(
        p,
        "REGISTER",
        line=f"REGISTER sip:{p.pbx} SIP/2.0",
        change={"To": f"<sip:{p.own}@{p.pbx}>"},
        more=[("Authorization", "Unheardof opaque=data")],
    )


def multi01(p: Place) -> bytes:
    """Fields that may stand once stand twice, and contradict."""
    return _message(
        p,
        more=[
            ("CSeq", "59 INVITE"),
            ("Call-ID", f"{p.call}-two"),
            ("To", f"<sip:other@{p.pbx}>"),
            ("From", f"<sip:other@{p.pbx}>;tag=3413415"),
            ("Max-Forwards", "5"),
            ("Content-Type", "text/plain"),
        ],
    )


def mcl01(p: Place) -> bytes:
    """Two lengths."""
    return _message(
        p,
        "OPTIONS",
        body="A body of which nobody can say where it ends.\r\n",
        more=[("Content-Length", "5")],
    )


def bcast(p: Place) -> bytes:
    """A 200 whose second Via is everybody's address."""
    return _message(p, line="SIP/2.0 200 OK", more=[("Via", "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKall")])


def zeromf(p: Place) -> bytes:
    """No forwards left."""
    return _message(p, "OPTIONS", change={"Max-Forwards": "0"})


def cparam01(p: Place) -> bytes:
    """A registration with an unknown parameter of Contact."""
    return _register(p, f"<sip:{p.own}@{p.here}>;unknownparam")


def cparam02(p: Place) -> bytes:
    """A registration with an unknown parameter of the address in Contact."""
    return _register(p, f"<sip:{p.own}@{p.here};unknownparam>")


def regescrt(p: Place) -> bytes:
    """A registration with an escaped Route inside its Contact."""
    return _register(p, f"<sip:{p.own}@{p.here}?Route=%3Csip:sip.example.com%3E>")


def _register(p: Place, contact: str) -> bytes:
    change = {"To": f"<sip:{p.own}@{p.pbx}>", "Contact": contact}
    return _message(p, "REGISTER", line=f"REGISTER sip:{p.pbx} SIP/2.0", change=dict(change))


def sdp01(p: Place) -> bytes:
    """Takes no answer but in a form that nobody speaks."""
    return _message(p, more=[("Accept", "text/unheardof")])


def inv2543(p: Place) -> bytes:
    """As it was before RFC 3261: no branch, no tag, no Max-Forwards."""
    return _message(
        p,
        change={
            "Via": f"SIP/2.0/UDP {p.here}",
            "From": f"<sip:{p.own}@{p.pbx}>",
            "Max-Forwards": None,
            "Contact": None,
        },
    )


MESSAGES: dict[str, Builder] = {
    build.__name__: build
    for build in (
        wsinv, intmeth, esc01, escnull, esc02, lwsdisp, longreq, dblreq, semiuri, transports, mpart01, unreason,
        noreason, badinv01, clerr, ncl, scalar02, scalarlg, quotbal, ltgtruri, lwsruri, lwsstart, trws, escruri,
        baddate, regbadct, badaspec, baddn, badvers, mismatch01, mismatch02, bigcode, badbranch, insuf, unkscm,
        novelsc, unksm2, bext01, invut, regaut01, multi01, mcl01, bcast, zeromf, cparam01, cparam02, regescrt, sdp01,
        inv2543,
    )
}  # fmt: skip
