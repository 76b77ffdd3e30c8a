"""Several attempts to get one link: a silent one keeps nobody waiting, and only one of them stays."""

from collections.abc import AsyncIterator, Callable

import pytest

from callcenter.telephony.ami_client import AmiAddress, AmiUnavailable, Message
from callcenter.telephony.sign_in import Attempt, signed_in
from tests.fakes.fake_ami import Connection, FakeAmi, Headers
from tests.integration.conftest import until


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as server:
        yield server


def attempts(ami: FakeAmi, heard: list[Message]) -> Callable[[], Attempt]:
    def make() -> Attempt:
        address = AmiAddress("127.0.0.1", ami.port, "callcenter", "secret")
        return Attempt(address, heard.append, lambda *_: None, lambda: True)

    return make


async def test_a_connection_that_is_swallowed_does_not_keep_us_from_one_that_works(ami: FakeAmi) -> None:
    def first_is_swallowed(connection: Connection, action: Headers) -> None:
        if connection is not ami.connections[0]:
            connection.answer(action)

    ami.reactions["Login"] = first_is_swallowed
    client = await signed_in(attempts(ami, []))
    try:
        assert client.is_up
        assert (await client.send("Ping"))["Response"] == "Success"
        assert [action["Action"] for action in ami.connections[-1].actions] == ["Login", "Ping"]
        await until(lambda: ami.connections[0].reader.at_eof(), "the swallowed one is ended")
    finally:
        client.close()


async def test_where_nobody_is_there_it_fails_at_once(ami: FakeAmi) -> None:
    await ami.__aexit__()
    with pytest.raises(AmiUnavailable):
        await signed_in(attempts(ami, []))


async def test_a_refused_sign_in_is_not_repeated(ami: FakeAmi) -> None:
    ami.reactions["Login"] = lambda connection, action: connection.answer(action, "Error")
    with pytest.raises(AmiUnavailable, match="refused"):
        await signed_in(attempts(ami, []))
    assert len(ami.sent("Login")) == 1


async def test_behind_garbage_nothing_is_heard_and_the_connection_is_none(ami: FakeAmi) -> None:
    def garbled(connection: Connection, action: Headers) -> None:
        connection.answer(action)
        connection.event("Before")
        connection.send(b"\xff\xfe\r\n\r\n")
        connection.event("Behind")

    ami.reactions["Login"] = garbled
    heard: list[Message] = []
    try:
        client = await signed_in(attempts(ami, heard))
    except AmiUnavailable:
        pass  # all of it came in one piece
    else:
        await client.wait_lost()
    assert "Behind" not in [message["Event"] for message in heard]
