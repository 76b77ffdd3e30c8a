"""SIP messages survive the way to bytes and back; garbage is refused by name."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.phones.errors import GarbledMessage, UnsafeText
from callcenter.phones.sip_address import name_address, parse_name_address, sip_uri, user_of
from callcenter.phones.sip_message import Message, Request, Response, parse

REQUIRED = (
    ("Via", "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKa;rport"),
    ("From", '"王小明" <sip:13800001111@127.0.0.2>;tag=a'),
    ("To", "<sip:96365@127.0.0.1>"),
    ("Call-ID", "c1"),
)
text = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40).map(str.strip)
names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-", min_size=2, max_size=12).filter(
    lambda name: name.lower() not in ("content-length", "via", "from", "to", "call-id", "cseq")
)
extras = st.lists(st.tuples(names, text), max_size=5).map(tuple)


@given(method=st.sampled_from(["INVITE", "BYE", "NOTIFY"]), extra=extras, body=st.binary(max_size=200))
def test_a_request_survives_the_wire(method: str, extra: tuple[tuple[str, str], ...], body: bytes) -> None:
    headers = (*REQUIRED, ("CSeq", f"7 {method}"), *extra)
    request = Request(method=method, uri="sip:96365@127.0.0.1", headers=headers, body=body)
    assert parse(request.encode()) == request


@given(code=st.integers(100, 699), reason=text, body=st.binary(max_size=200))
def test_a_response_survives_the_wire(code: int, reason: str, body: bytes) -> None:
    response = Response(code=code, reason=reason, headers=(*REQUIRED, ("CSeq", "7 INVITE")), body=body)
    assert parse(response.encode()) == response


@given(st.binary(max_size=300))
def test_no_packet_does_more_than_be_refused(data: bytes) -> None:
    with contextlib.suppress(GarbledMessage):
        assert isinstance(parse(data), Message)


@given(st.data())
def test_a_damaged_message_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(Request(method="INVITE", uri="sip:x@y", headers=(*REQUIRED, ("CSeq", "1 INVITE"))).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = parse(bytes(whole))
    except GarbledMessage:
        return
    assert message.transaction[1] == message.cseq[1]


@pytest.mark.parametrize(
    "spoiled",
    [
        b"INVITE sip:a@b SIP/2.0\r\n\r\n",
        b"INVITE sip:a@b HTTP/1.1\r\nVia: x\r\n\r\n",
        b"SIP/2.0 99 Too low\r\n\r\n",
        b"no end",
    ],
)
def test_what_is_not_sip_is_refused(spoiled: bytes) -> None:
    with pytest.raises(GarbledMessage):
        parse(spoiled)


def test_short_names_and_folded_lines_are_understood() -> None:
    data = (
        b"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:x@y>;tag=1\r\n"
        b"t: <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\nSubject: one\r\n two\r\nl: 3\r\n\r\nabcdef"
    )
    message = parse(data)
    assert message.get("subject") == "one two"
    assert message.get("from") == "<sip:x@y>;tag=1"
    assert message.body == b"abc"


def test_a_length_beyond_the_packet_is_refused() -> None:
    data = Response(code=200, headers=(*REQUIRED, ("CSeq", "1 BYE"))).encode()
    with pytest.raises(GarbledMessage, match="Content-Length"):
        parse(data.replace(b"Content-Length: 0", b"Content-Length: 5"))


@pytest.mark.parametrize("name", ["a\r\nb", "a\nb", "a\x00b", "\x1b[31m"])
def test_control_characters_never_reach_a_header(name: str) -> None:
    with pytest.raises(UnsafeText):
        name_address(name, "sip:1@2")
    with pytest.raises(UnsafeText):
        Response(code=200, headers=(("Subject", name),)).encode()


def test_raw_bytes_go_into_the_head_untouched() -> None:
    wire = Response(code=200, headers=REQUIRED).encode(raw=b"X: \xff\nY\r\n")
    assert wire.endswith(b"\r\nX: \xff\nY\r\n\r\n")


@given(name=text, user=text.filter(bool))
def test_any_name_and_number_survive_quoting(name: str, user: str) -> None:
    uri = sip_uri(user, ("127.0.0.2", 5070))
    found = parse_name_address(name_address(name, uri, "t1"))
    assert (found.name, found.uri, found.tag, found.user) == (name, uri, "t1", user)


def test_a_quoted_bracket_is_no_address() -> None:
    found = parse_name_address('"<sip:evil@x>;tag=no" <sip:1001@y>;tag=yes')
    assert (found.user, found.tag) == ("1001", "yes")


def test_the_user_of_other_schemes_is_empty() -> None:
    assert user_of("tel:+8613800001111") == ""
