"""What is a message of the PBX, and what cannot be one: bytes were lost or added on the way."""

import pytest

from callcenter.telephony.ami_client import _is_sound


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Event: Newchannel\r\nCallerIDName: \xe7\x8e\x8b\xff \x01 a:b\r\nReason: ",
        b"\r\nResponse: Success\r\nActionID: action/x/1/1\r\nPing: Pong",
        b"ChanVariable(PJSIP/1001-00000001): A=b\r\nCause-txt: Normal Clearing",
    ],
)
def test_whatever_callers_are_named_a_message_is_sound(raw: bytes) -> None:
    assert _is_sound(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"Event",
        b"Event: A\r\n\xff\xfe: b",
        b"Event: A\nB: c",
        b"Event: Ri\rng",
        b"Event: A\r\n: b",
        b"a" * 200 + b": b",
    ],
)
def test_a_line_that_is_no_header_is_garbage(raw: bytes) -> None:
    assert not _is_sound(raw)
