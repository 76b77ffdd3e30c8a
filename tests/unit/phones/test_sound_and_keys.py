"""G.711, RTP, digits, recordings and session descriptions."""

import contextlib
import struct
import wave
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.phones import g711, sound
from callcenter.phones.errors import GarbledMessage, PhoneError
from callcenter.phones.rtp import DIGITS, DigitEvent, RtpPacket, parse_digit, parse_rtp
from callcenter.phones.sdp import Description, Direction, answer_direction, build, parse
from callcenter.phones.talking import Talk


def test_each_a_law_octet_survives_decoding_and_encoding() -> None:
    octets = bytes(range(256))
    assert g711.encode(g711.decode(octets)) == octets


def test_known_a_law_values() -> None:
    assert g711.decode(b"\xd5\x55\x2a\xaa").tolist() == [8, -8, -32256, 32256]


@given(st.integers(-32768, 32767))
def test_a_sample_comes_back_within_its_step(sample: int) -> None:
    back = g711.decode(g711.encode([sample]))[0]
    assert abs(back - sample) <= max(8, abs(sample) / 16)


@given(
    st.builds(
        RtpPacket,
        payload_type=st.integers(0, 127),
        sequence=st.integers(0, 65535),
        timestamp=st.integers(0, 2**32 - 1),
        ssrc=st.integers(0, 2**32 - 1),
        payload=st.binary(max_size=200),
        marker=st.booleans(),
    )
)
def test_rtp_survives_the_wire(packet: RtpPacket) -> None:
    assert parse_rtp(packet.encode()) == packet


@given(st.binary(max_size=60))
def test_no_packet_breaks_the_rtp_reader(data: bytes) -> None:
    with contextlib.suppress(GarbledMessage):
        assert len(parse_rtp(data).payload) <= len(data)


def test_sources_extension_and_padding_are_taken_off() -> None:
    head = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 1, 8, 1, 2, 3) + b"\0\0\0\x09"
    extension = b"\xbe\xde\0\x01" + b"\0\0\0\0"
    assert parse_rtp(head + extension + b"sound" + b"\0\0\x03").payload == b"sound"


@pytest.mark.parametrize("digit", DIGITS)
def test_a_key_survives_the_wire(digit: str) -> None:
    event = DigitEvent(digit, end=True, duration=960)
    assert parse_digit(event.encode()) == event
    assert len(event.encode()) == 4


def test_the_bytes_of_rfc_4733() -> None:
    assert DigitEvent("1", end=True, duration=960).encode() == bytes([1, 0x80 | 10, 3, 192])


def test_a_hook_flash_is_no_key() -> None:
    with pytest.raises(GarbledMessage):
        parse_digit(bytes([16, 10, 0, 160]))


def test_a_tone_is_heard_and_silence_is_not() -> None:
    recording = sound.Recording()
    for number, frame in enumerate([*islice(sound.tone(), 25), *islice(sound.silence(), 25)]):
        recording.add(frame, at=number * 0.02)
    assert recording.loud_seconds() == pytest.approx(0.5)
    assert recording.seconds == pytest.approx(1.0)


def test_a_gap_is_silence_on_the_recording() -> None:
    recording = sound.Recording()
    recording.add(g711.SILENCE, at=10.0)
    recording.add(g711.SILENCE, at=11.0)
    assert recording.seconds == pytest.approx(1.02)


def test_a_recording_is_bounded() -> None:
    recording = sound.Recording(limit=0.03)
    recording.add(g711.SILENCE, at=0.0)
    recording.add(g711.SILENCE, at=1e6)
    assert recording.seconds == pytest.approx(0.03)


def test_a_recording_can_be_said_again(tmp_path: Path) -> None:
    recording = sound.Recording()
    recording.add(next(sound.tone()), at=0.0)
    recording.save(tmp_path / "heard.wav")
    frames = sound.wav_file(tmp_path / "heard.wav")
    assert next(frames) == next(sound.tone())
    assert next(frames) == g711.SILENCE


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "cd.wav"), "wb") as target:
        target.setnchannels(2)
        target.setsampwidth(2)
        target.setframerate(44100)
    with pytest.raises(PhoneError, match="8000 Hz"):
        sound.wav_file(tmp_path / "cd.wav")
    with pytest.raises(PhoneError, match="cannot read"):
        sound.wav_file(tmp_path / "missing.wav")


@given(
    st.builds(
        Description,
        address=st.tuples(st.just("127.0.0.2"), st.integers(1, 65535)),
        direction=st.sampled_from(Direction),
    )
)
def test_a_description_survives_the_wire(description: Description) -> None:
    assert parse(build(description, 1)) == description


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"m=audio 1 RTP/AVP 8\r\n",
        b"c=IN IP4 evil.example\r\nm=audio 9 RTP/AVP 8\r\n",
        b"c=IN IP4 127.0.0.1\r\nm=audio 99999 RTP/AVP 8\r\n",
    ],
)
def test_an_unusable_description_is_refused(body: bytes) -> None:
    with pytest.raises(GarbledMessage):
        parse(body)


@pytest.mark.parametrize(
    ("offered", "ours"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_an_answer_mirrors_the_offer(offered: str, ours: str) -> None:
    assert answer_direction(Direction(offered)) is Direction(ours)


@pytest.mark.parametrize("press", ["1;2", "x", "１", "1 2"])
def test_only_telephone_keys_can_be_pressed(press: str) -> None:
    with pytest.raises(PhoneError):
        Talk(press=press)
