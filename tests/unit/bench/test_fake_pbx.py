"""The benchmarks' PBX keeps to what it was told, or the service would find repairs that are none."""

import asyncio
from typing import Any

from callcenter.bench.fake_pbx import FakePbx

_QUEUE, _DEVICE = "hotline-zh", "PJSIP/1001"


async def _heard(reader: asyncio.StreamReader, event: str) -> dict[str, str]:
    async with asyncio.timeout(5):
        while True:
            block = (await reader.readuntil(b"\r\n\r\n")).decode()
            message = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if message.get("Event") == event:
                return message


def _said(**headers: Any) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"


async def test_a_pause_is_told_and_shown_by_what_the_script_says_later() -> None:
    async with FakePbx() as pbx:
        reader, writer = await asyncio.open_connection("127.0.0.1", pbx.port)
        of = {"Queue": _QUEUE, "Interface": _DEVICE}
        writer.write(_said(Action="QueueAdd", MemberName="1001", Penalty="3", Paused="false", Reason="", **of))
        writer.write(_said(Action="QueuePause", Paused="true", Reason="wrap_up", **of))
        paused = await _heard(reader, "QueueMemberPause")
        assert (paused["Interface"], paused["Paused"], paused["PausedReason"]) == (_DEVICE, "1", "wrap_up")
        pbx.say([{"Event": "QueueMemberStatus", "Paused": "0", "PausedReason": "", "Penalty": "0", **of}])
        status = await _heard(reader, "QueueMemberStatus")
        assert (status["Paused"], status["PausedReason"], status["Penalty"]) == ("1", "wrap_up", "3")
        writer.close()
