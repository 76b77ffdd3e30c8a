"""Digest answers equal the published examples."""

import pytest

from callcenter.phones.digest import Challenge, Credentials, answer, authorization, parse_challenge
from callcenter.phones.errors import GarbledMessage
from callcenter.phones.sip_message import Response

MUFASA = Credentials("Mufasa", "Circle Of Life")


def test_the_example_of_rfc_2617() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop="auth")
    value = answer(challenge, MUFASA, method="GET", uri="/dir/index.html", cnonce="0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in value


def test_the_sha_256_example_of_rfc_7616() -> None:
    challenge = parse_challenge(
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    credentials = Credentials("Mufasa", "Circle of Life")
    value = answer(challenge, credentials, method="GET", uri="/dir/index.html", cnonce=cnonce)
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in value
    assert "nc=00000001" in value
    assert 'opaque="FQhe/' in value


def test_without_qop_the_old_form_is_used() -> None:
    value = answer(Challenge("r", "n"), MUFASA, method="REGISTER", uri="sip:x", cnonce="c")
    assert "cnonce" not in value


@pytest.mark.parametrize(
    "value",
    ["Basic realm=x", "Digest realm=x", 'Digest nonce="1", algorithm=ROT13', "", 'Digest nonce="1", qop="auth-int"'],
)
def test_a_challenge_we_cannot_answer_is_refused(value: str) -> None:
    with pytest.raises(GarbledMessage):
        parse_challenge(value)


def test_the_first_challenge_we_understand_is_answered() -> None:
    headers = (("WWW-Authenticate", "Basic realm=x"), ("WWW-Authenticate", 'Digest realm="r", nonce="n"'))
    response = Response(code=401, headers=headers)
    header = authorization(response, MUFASA, method="REGISTER", uri="sip:x", cnonce="c")
    assert header is not None
    assert header[0] == "Authorization"


def test_other_answers_are_no_challenge() -> None:
    assert authorization(Response(code=403), MUFASA, method="BYE", uri="sip:x", cnonce="c") is None
