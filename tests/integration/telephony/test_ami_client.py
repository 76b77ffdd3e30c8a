"""One AMI link against a server that misbehaves: what is lost is known to be lost, and nothing is said twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from callcenter.telephony.ami_client import AmiAddress, AmiClient, AmiOutcomeUnknown, AmiUnavailable
from callcenter.telephony.ami_encoding import UnsafeAction
from tests.fakes.fake_ami import BANNER, Connection, FakeAmi, Headers, message
from tests.integration.conftest import until


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as server:
        yield server


class Link:
    """A client and all it heard."""

    def __init__(self, ami: FakeAmi, secret: str = "secret", **limits: float) -> None:
        self.heard: list[Any] = []
        address = AmiAddress("127.0.0.1", ami.port, "callcenter", secret)
        self.client = AmiClient(address, self.hear, **{"answer_seconds": 1.0, "ping_seconds": 60.0} | limits)

    def hear(self, message: Any) -> None:
        self.heard.append(dict(message))

    def named(self, name: str) -> list[Any]:
        return [one for one in self.heard if one.get("Event") == name]

    async def __aenter__(self) -> "Link":
        await self.client.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.client.close()


async def test_after_the_sign_in_events_are_heard_in_order(ami: FakeAmi) -> None:
    async with Link(ami) as link:
        assert link.client.is_up
        for n in range(100):
            ami.connection.event("Tick", N=str(n))
        await until(lambda: len(link.named("Tick")) == 100, "all events heard")
        assert [one["N"] for one in link.named("Tick")] == [str(n) for n in range(100)]


async def test_a_wrong_secret_is_known_at_once(ami: FakeAmi) -> None:
    link = Link(ami, secret="wrong")
    with pytest.raises(AmiUnavailable, match="refused"):
        await link.client.connect()
    assert not link.client.is_up
    assert len(ami.sent("Login")) == 1, "it does not go on guessing"


async def test_nobody_there_is_unavailable(ami: FakeAmi) -> None:
    link = Link(ami)
    await ami.__aexit__()
    with pytest.raises(AmiUnavailable):
        await link.client.connect()


async def test_a_peer_that_says_nothing_is_given_up(ami: FakeAmi) -> None:
    ami.banner = b""
    ami.reactions["Login"] = lambda connection, action: None
    link = Link(ami, answer_seconds=0.1)
    with pytest.raises(AmiUnavailable, match="no answer"):
        await link.client.connect()


@pytest.mark.parametrize(
    "greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\x00" * 100, b"x" * 100_000]
)
async def test_a_peer_that_is_no_ami_and_hangs_up_is_unavailable(ami: FakeAmi, greeting: bytes) -> None:
    ami.banner = greeting
    ami.cut_at = "Login"
    link = Link(ami, answer_seconds=0.5)
    with pytest.raises(AmiUnavailable):
        await link.client.connect()


async def test_a_name_cut_by_a_read_stays_whole(ami: FakeAmi) -> None:
    async with Link(ami) as link:
        raw = message({"Event": "Newchannel", "CallerIDName": "王小明 گۈلنار"})
        for n in range(len(raw)):
            ami.connection.send(raw[n : n + 1])
            await ami.connection.writer.drain()
            await asyncio.sleep(0)
        await until(lambda: link.named("Newchannel"), "the event")
        assert link.named("Newchannel")[0]["CallerIDName"] == "王小明 گۈلنار"


async def test_bytes_that_are_no_text_and_messages_that_are_none_do_no_harm(ami: FakeAmi) -> None:
    async with Link(ami) as link:
        connection = ami.connection
        for garbage in (
            b"\xff\xfe\xfd\r\n\r\n",
            b"Event\r\n\r\n",
            b"\r\n\r\n\r\n",
            b"Event: A\r\nEvent: B\r\n\r\n",
            b"Event: A\r\nActionID: 1\r\nActionID: 2\r\n\r\n",
            b"Response: Success\r\nActionID: nobody-asked\r\n\r\n",
            b"Response: Error\r\nResponse: Success\r\n\r\n",
            b"Event: Odd\r\nCallerIDName: \xe7\x8e\r\n\r\n",
        ):
            connection.send(garbage)
        connection.event("Tick")
        await until(lambda: link.named("Tick"), "the event behind the garbage")
        assert link.client.is_up
        assert (await link.client.send("Ping"))["Response"] == "Success"


async def test_a_line_without_end_closes_the_link_before_it_fills_the_memory(ami: FakeAmi) -> None:
    async with Link(ami) as link:
        ami.connection.send(b"Event: " + b"x" * 10_000_000)
        await asyncio.wait_for(link.client.wait_lost(), 10)
        assert not link.client.is_up


async def test_a_callback_that_fails_does_not_cost_the_link(ami: FakeAmi, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link(ami)
    heard: list[str] = []

    def hear(message: Any) -> None:
        heard.append(message.get("Event", ""))
        raise RuntimeError("a fault of ours")

    link.client._on_message = hear
    async with link:
        ami.connection.event("First")
        ami.connection.event("Second")
        await until(lambda: "Second" in heard, "both events")
        assert (await link.client.send("Ping"))["Response"] == "Success"


async def test_an_action_without_an_answer_has_an_unknown_outcome(ami: FakeAmi) -> None:
    ami.reactions["Originate"] = lambda connection, action: None
    async with Link(ami, answer_seconds=0.1) as link:
        with pytest.raises(AmiOutcomeUnknown, match="Originate"):
            await link.client.send("Originate", {"Channel": "PJSIP/1001"})
        assert (await link.client.send("Ping"))["Response"] == "Success", "the link goes on"


async def test_a_link_cut_in_the_middle_of_an_action_leaves_it_unknown_and_never_sends_it_again(ami: FakeAmi) -> None:
    ami.cut_at = "Originate"
    async with Link(ami) as link:
        with pytest.raises(AmiOutcomeUnknown):
            await link.client.send("Originate", {"Channel": "PJSIP/1001"})
        assert not link.client.is_up
        with pytest.raises(AmiUnavailable):
            await link.client.send("Originate", {"Channel": "PJSIP/1001"})
    async with Link(ami) as second:
        ami.connection.event("FullyBooted")
        await second.client.send("Ping")
    assert len(ami.sent("Originate")) == 1


async def test_a_dead_peer_is_noticed_by_a_ping_that_nobody_answers(ami: FakeAmi) -> None:
    ami.reactions["Ping"] = lambda connection, action: None
    async with Link(ami, answer_seconds=0.1, ping_seconds=0.05) as link:
        await asyncio.wait_for(link.client.wait_lost(), 5)
        assert not link.client.is_up


async def test_a_peer_that_talks_without_end_is_no_dead_one(ami: FakeAmi) -> None:
    """Its answer stands behind all that it said before; a link made anew would bring as much again."""
    ami.reactions["Ping"] = lambda connection, action: connection.event("Tick")
    async with Link(ami, answer_seconds=0.05, ping_seconds=0.01) as link:
        await until(lambda: len(ami.sent("Ping")) >= 5, "several pings without an answer")
        assert link.client.is_up
        ami.reactions["Ping"] = lambda connection, action: None
        await asyncio.wait_for(link.client.wait_lost(), 10)


async def test_a_living_peer_is_pinged_and_kept(ami: FakeAmi) -> None:
    async with Link(ami, ping_seconds=0.01) as link:
        await until(lambda: len(ami.sent("Ping")) >= 3, "three pings")
        assert link.client.is_up


async def test_a_shutdown_is_heard_and_does_not_end_the_link_by_itself(ami: FakeAmi) -> None:
    async with Link(ami) as link:
        ami.connection.event("Shutdown", Shutdown="Cleanly", Restart="True")
        await until(lambda: link.named("Shutdown"), "the event")
        assert link.client.is_up
        ami.connection.cut()
        await asyncio.wait_for(link.client.wait_lost(), 5)


async def test_a_list_gives_its_rows_alone(ami: FakeAmi) -> None:
    ami.picture.channels = [{"Channel": "PJSIP/trunk-1"}, {"Channel": "PJSIP/1001-2"}]
    async with Link(ami) as link:
        rows = await link.client.ask_list("CoreShowChannels")
        assert [row["Channel"] for row in rows] == ["PJSIP/trunk-1", "PJSIP/1001-2"]
        ami.picture.channels = []
        assert await link.client.ask_list("CoreShowChannels") == []


async def test_a_list_that_is_refused_says_so_at_once(ami: FakeAmi) -> None:
    def refuse(connection: Connection, action: Headers) -> None:
        connection.answer(action, "Error", Message="Permission denied")

    ami.reactions["DeviceStateList"] = refuse
    async with Link(ami, answer_seconds=30) as link:
        with pytest.raises(AmiUnavailable, match="Permission denied"):
            await asyncio.wait_for(link.client.ask_list("DeviceStateList"), 5)


async def test_a_list_cut_in_its_middle_is_no_list(ami: FakeAmi) -> None:
    def half(connection: Connection, action: Headers) -> None:
        connection.answer(action, EventList="start")
        connection.send(message({"Event": "CoreShowChannel", "ActionID": action["ActionID"], "Channel": "x"}))
        asyncio.get_running_loop().call_later(0.05, connection.cut)

    ami.reactions["CoreShowChannels"] = half
    async with Link(ami) as link:
        with pytest.raises(AmiOutcomeUnknown):
            await link.client.ask_list("CoreShowChannels")


async def test_events_between_the_rows_of_a_list_are_heard(ami: FakeAmi) -> None:
    def mixed(connection: Connection, action: Headers) -> None:
        connection.answer(action, EventList="start")
        connection.event("Tick")
        connection.send(message({"Event": "CoreShowChannelsComplete", "ActionID": action["ActionID"]}))

    ami.reactions["CoreShowChannels"] = mixed
    async with Link(ami) as link:
        assert await link.client.ask_list("CoreShowChannels") == []
        assert len(link.named("Tick")) == 1


async def test_what_could_be_two_actions_is_not_sent_at_all(ami: FakeAmi) -> None:
    async with Link(ami) as link:
        with pytest.raises(UnsafeAction):
            await link.client.send("Hangup", {"Channel": "x\r\n\r\nAction: Originate"})
        await link.client.send("Ping")
    assert [action["Action"] for action in ami.actions] == ["Login", "Ping"]


async def test_the_secret_stands_in_no_printed_address(ami: FakeAmi) -> None:
    assert "secret" not in repr(AmiAddress("127.0.0.1", ami.port, "callcenter", "secret"))
    assert BANNER.endswith(b"\r\n")
