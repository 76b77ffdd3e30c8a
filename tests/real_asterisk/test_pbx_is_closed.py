"""What strangers, households, agents and the service's own AMI user cannot do."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.pbx.instance import status
from callcenter.phones import CallGone, CallState, Softphone
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.queue_scenes import agent, household, nobody_left, take
from tests.real_asterisk.running_pbx import HOTLINE, RunningPbx

CARRIER = "127.0.0.2"
LOCAL_MOBILE, LOCAL_FIXED = "13899887766", "2825555"

# Premium, shared cost, directory, satellite, carrier selection, international in every spelling, other cities,
# companies' lines, other short numbers, and texts that are no numbers at all.
FORBIDDEN = [
    "12590", "1259012345", "16899999", "16812345678", "16012345", "4008123123", "8008123123", "114", "116114",
    "118114", "13491234567", "17401234567", "17909", "1790900447911123456", "17951", "0044791112345",
    "00447911123456", "+447911123456", "+8613899887766", "008613899887766", "01065001234", "02112345678",
    "013899887766", "95588", "10086", "12345", "110", "120", "9", "0", "138998877660", "1389988776",
    "28255550", "13899887766&00447911123456", "13899887766@somewhere", "2825555&PJSIP", "s", "h", "i", "t",
    "hotline-zh", "promise", "nobody", "outbound-dial",
]  # fmt: skip
AGENTS_ONLY = [LOCAL_MOBILE, LOCAL_FIXED, "0991" + LOCAL_FIXED, "1001", "1002"]


async def _refused(phone: Softphone, number: str) -> int:
    call = phone.dial(number)
    with pytest.raises(CallGone):
        await call.wait_for(CallState.UP, timeout=10)
    return call.code


@pytest.fixture
async def carrier(quiet_pbx: RunningPbx) -> AsyncIterator[Softphone]:
    """The far end of the trunk: whatever is dialled out would ring here."""
    port = quiet_pbx.instance.carrier_port
    async with Softphone("carrier", quiet_pbx.sip, host=CARRIER, port=port) as phone:
        yield phone


@pytest.fixture
async def tracer(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(quiet_pbx.instance.ami_port, "tracer", quiet_pbx.tracer_secret) as wire:
        yield wire
        await nobody_left(wire, "hotline-zh")


def _dials_out(wire: AmiWire) -> list[str]:
    return [event["DestChannel"] for event in wire.all("DialBegin") if event["DestChannel"].startswith("PJSIP/trunk")]


async def test_no_agent_reaches_a_number_that_costs(
    quiet_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    async with Softphone("1001", quiet_pbx.sip, password=quiet_pbx.agent_secret("1001")) as phone:
        codes = {number: await _refused(phone, number) for number in FORBIDDEN}
    assert {number: code for number, code in codes.items() if code not in (403, 404, 484)} == {}
    assert codes["00447911123456"] == codes["12590"] == 403
    assert _dials_out(tracer) == []


async def test_no_household_reaches_anything_but_the_hotline(
    quiet_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    async with Softphone("13800000001", quiet_pbx.sip, host=CARRIER) as phone:
        codes = {number: await _refused(phone, number) for number in FORBIDDEN + AGENTS_ONLY}
    assert set(codes.values()) <= {404, 484}, codes
    number = quiet_pbx.plan.households[0].number
    async with Softphone(number, quiet_pbx.sip, password=quiet_pbx.household_secret(number)) as demo:
        codes = {number: await _refused(demo, number) for number in FORBIDDEN + AGENTS_ONLY}
    assert set(codes.values()) <= {404, 484}, codes
    assert _dials_out(tracer) == []


@pytest.mark.parametrize("number", [LOCAL_MOBILE, LOCAL_FIXED, "0991" + LOCAL_FIXED])
async def test_an_agent_reaches_the_citys_people_and_shows_the_hotlines_number(
    number: str, quiet_pbx: RunningPbx, carrier: Softphone
) -> None:
    async with Softphone("1001", quiet_pbx.sip, password=quiet_pbx.agent_secret("1001")) as phone:
        call = phone.dial(number)
        arriving = await carrier.next_call()
        assert (arriving.called, arriving.caller.user) == (number, HOTLINE)
        await arriving.answer()
        await call.wait_for(CallState.UP)


async def test_a_demo_household_cannot_call_under_another_number(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    number = quiet_pbx.plan.households[0].number
    async with Softphone(number, quiet_pbx.sip, password=quiet_pbx.household_secret(number), name="12345") as demo:
        demo.dial(HOTLINE, headers=(("P-Asserted-Identity", "<sip:110@callcenter.invalid>"),))
        told = await tracer.event("UserEvent", UserEvent="QueueRefused")
        assert told["CallerIDNum"] == number


@pytest.mark.parametrize("number", [HOTLINE, LOCAL_MOBILE, "1001", "00447911123456"])
@pytest.mark.parametrize("name", ["anonymous", "1001", "13800000001", "trunk", "agent", "callcenter"])
async def test_a_stranger_is_refused_whoever_he_says_he_is(name: str, number: str, quiet_pbx: RunningPbx) -> None:
    async with Softphone(name, quiet_pbx.sip) as stranger:
        assert await _refused(stranger, number) in (401, 403, 404)
    async with Softphone(name, quiet_pbx.sip, password="wrong") as guesser:
        assert await _refused(guesser, number) in (401, 403, 404)


NOT_FOR_HOUSEHOLDS = ["00447911123456", "12590", LOCAL_MOBILE, LOCAL_FIXED, HOTLINE]


@pytest.mark.parametrize("number", NOT_FOR_HOUSEHOLDS)
async def test_no_agents_phone_sends_a_household_out_of_the_house(
    number: str, quiet_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as phone,
        household(quiet_pbx, "13800000001"),
    ):
        call, connect = await take(tracer, phone)
        # 202 says "heard", whatever comes of it; a refusal at once (404) leaves the call up, so we end it.
        code = await call.transfer(number)
        await call.hang_up()
        assert tracer.all("BlindTransfer", Result="Success") == [], code
        await tracer.event("Hangup", Uniqueid=connect["Uniqueid"])
    assert tracer.all("BlindTransfer", Result="Success") == []
    assert _dials_out(tracer) == []


WRONG_TRANSFERS = [
    {"Action": "BlindTransfer", "Exten": LOCAL_MOBILE},  # without a context it falls back on the agent's own
    {"Action": "BlindTransfer", "Exten": "00447911123456"},
    {"Action": "BlindTransfer", "Exten": LOCAL_FIXED, "Context": "outbound-gate"},
    {"Action": "BlindTransfer", "Exten": LOCAL_MOBILE, "Context": "outbound-local"},
    {"Action": "BlindTransfer", "Exten": "s", "Context": "outbound-dial"},
    {"Action": "Redirect", "Exten": LOCAL_MOBILE, "Context": "from-agents", "Priority": "1"},
]


@pytest.mark.parametrize("wrong", WRONG_TRANSFERS, ids=str)
async def test_even_a_wrong_transfer_action_ends_before_it_costs(
    wrong: dict[str, str], quiet_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    """The service could be wrong, or its AMI secret stolen: the household's channel has no right to the trunk."""
    headers = {key: value for key, value in wrong.items() if key != "Action"}
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as phone,
        household(quiet_pbx, "13800000001"),
    ):
        _, connect = await take(tracer, phone)
        moved = connect["Channel"] if wrong["Action"] == "Redirect" else connect["DestChannel"]
        answer = await tracer.send(wrong["Action"], Channel=moved, **headers)
        assert answer["Response"] == "Success", answer
        await tracer.event("UserEvent", UserEvent="OutboundRefused", Uniqueid=connect["Uniqueid"])
        await tracer.event("Hangup", Uniqueid=connect["Uniqueid"])
    assert _dials_out(tracer) == []


async def test_an_agent_sends_a_household_to_another_agent(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as first,
        agent(quiet_pbx, "1002", tracer) as second,
        household(quiet_pbx, "13800000001"),
    ):
        _, connect = await take(tracer, first)
        answer = await tracer.send(
            "BlindTransfer", Channel=connect["DestChannel"], Exten="1002", Context="transfer-allowed"
        )
        assert answer["Response"] == "Success", answer
        arriving = await second.next_call()
        assert arriving.caller.user == "13800000001"


async def test_a_consultation_by_the_transfer_action_stays_in_the_house(
    quiet_pbx: RunningPbx, tracer: AmiWire, carrier: Softphone
) -> None:
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as phone,
        household(quiet_pbx, "13800000001"),
    ):
        _, connect = await take(tracer, phone)
        await tracer.send("Atxfer", Channel=connect["DestChannel"], Exten=LOCAL_MOBILE, Context="from-agents")
        await tracer.event("UserEvent", UserEvent="OutboundRefused")
    assert _dials_out(tracer) == []


async def test_an_agent_consults_another_and_hands_the_household_over(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as first,
        agent(quiet_pbx, "1002", tracer) as second,
        household(quiet_pbx, "13800000001") as caller,
    ):
        call, connect = await take(tracer, first)
        answer = await tracer.send("Atxfer", Channel=connect["DestChannel"], Exten="1002", Context="transfer-allowed")
        assert answer["Response"] == "Success", answer
        consulted = await second.next_call()
        await consulted.answer()
        leg = await tracer.wait_for(
            lambda e: e.get("Event") == "BridgeEnter" and e["Channel"].startswith("PJSIP/1002-"), "consultation"
        )
        assert leg["Linkedid"] == connect["Linkedid"]
        await call.hang_up()
        assert (await tracer.event("AttendedTransfer"))["Result"] == "Success"
        assert caller.state is CallState.UP


async def test_a_household_cannot_transfer_at_all(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as phone,
        household(quiet_pbx, "13800000001") as call,
    ):
        await take(tracer, phone)
        for number in ("1002", HOTLINE, LOCAL_MOBILE, "00447911123456"):
            assert await call.transfer(number) >= 400


async def test_keys_pressed_by_a_household_are_only_sounds(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    async with (
        agent(quiet_pbx, "1001", tracer, queues=["hotline-zh"]) as phone,
        household(quiet_pbx, "13800000001") as call,
    ):
        await take(tracer, phone)
        music = len(tracer.all("MusicOnHoldStart"))
        for codes in ("#1", "*2", "#"):
            await call.press(codes)
        await tracer.event("DTMFEnd", Digit="#")
        assert tracer.all("Hold") == tracer.all("AttendedTransfer") == []
        assert len(tracer.all("MusicOnHoldStart")) == music
        assert call.state is CallState.UP


DENIED = {
    "Command": {"Command": "core show version"},
    "UpdateConfig": {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    "GetConfig": {"Filename": "manager.conf"},
    "Reload": {},
    "ModuleLoad": {"LoadType": "reload"},
    "Originate": {"Channel": "Local/s@nowhere", "Application": "System", "Data": "id", "Async": "true"},
}


@pytest.mark.parametrize("action", DENIED)
async def test_the_services_user_is_denied_what_it_does_not_need(action: str, quiet_pbx: RunningPbx) -> None:
    async with ami(quiet_pbx.instance.ami_port, "callcenter", quiet_pbx.plan.secrets.ami) as service:
        answer = await service.send(action, **DENIED[action])
        assert answer["Response"] == "Error", answer
        assert "denied" in answer["Message"].lower() or "forbidden" in answer["Message"].lower(), answer


@pytest.mark.parametrize("action", ["QueueStatus", "QueueSummary", "CoreShowChannels", "DeviceStateList", "Status"])
async def test_the_services_user_may_do_its_work(action: str, quiet_pbx: RunningPbx) -> None:
    async with ami(quiet_pbx.instance.ami_port, "callcenter", quiet_pbx.plan.secrets.ami) as service:
        assert (await service.send(action))["Response"] == "Success"


async def test_the_system_user_may_not_touch_queues_or_calls(quiet_pbx: RunningPbx) -> None:
    secret = quiet_pbx.plan.secrets.ami_system
    async with ami(quiet_pbx.instance.ami_port, "callcenter-system", secret) as system:
        for action in ("QueueAdd", "QueuePause", "Originate", "Redirect", "Command", "UpdateConfig", "UserEvent"):
            answer = await system.send(action, Queue="hotline-zh", Interface="PJSIP/1001")
            assert answer == {**answer, "Response": "Error", "Message": "Permission denied"}, action
        answer = await system.send("PJSIPNotify", Endpoint="1001", Variable="Event=talk")
        assert answer["Response"] == "Success", answer


async def test_a_wrong_secret_opens_nothing(quiet_pbx: RunningPbx) -> None:
    with pytest.raises(AssertionError, match="Authentication failed"):
        async with ami(quiet_pbx.instance.ami_port, "callcenter", "wrong"):
            pass


async def test_the_noise_is_filtered_from_the_services_events(quiet_pbx: RunningPbx) -> None:
    async with ami(quiet_pbx.instance.ami_port, "callcenter", quiet_pbx.plan.secrets.ami) as service:
        async with household(quiet_pbx, "13800000001"):
            told = await service.event("UserEvent", UserEvent="QueueRefused")
            assert float(told["Timestamp"]) > 0
        names = {event["Event"] for event in service.events}
    assert names & {"VarSet", "Newexten", "CEL", "RTCPSent", "TestEvent"} == set()


def test_every_listening_socket_is_on_the_loopback_address(pbx: RunningPbx) -> None:
    pid = status(pbx.instance.home).pid
    assert pid is not None
    inodes = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    listening = [
        row
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        if row.split()[3] == "0A" and f"socket:[{row.split()[9]}]" in inodes
    ]
    addresses = {row.split()[1].split(":")[0] for row in listening}
    assert addresses == {"0100007F"}  # 127.0.0.1, as the kernel writes it
    ports = {int(row.split()[1].split(":")[1], 16) for row in listening}
    assert ports == {pbx.plan.ports.sip, pbx.plan.ports.ami, pbx.plan.ports.http}


async def test_the_websocket_for_browser_phones_speaks_sip(pbx: RunningPbx) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.plan.ports.http)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: sip\r\n\r\n"
    )
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"Sec-WebSocket-Protocol: sip" in answer


@pytest.mark.parametrize("path", ["/", "/static/index.html", "/httpstatus", "/ari/channels", "/rawman", "/manager"])
async def test_nothing_else_is_served_over_http(path: str, pbx: RunningPbx) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.plan.ports.http)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert (await asyncio.wait_for(reader.readline(), 5)).split()[1] in (b"403", b"404")
    writer.close()
