"""Who sees, hears and changes which call, over HTTP."""

import struct
import threading
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.auth.permissions import Role
from callcenter.calls import recordings
from callcenter.calls.events import AgentConnected, LineEvent
from callcenter.calls.models import JourneyRow, RecordingRow
from callcenter.calls.recordings import MonitorDir, locate
from callcenter.foundation import paging
from callcenter.foundation.audit import AuditRow
from callcenter.foundation.database import Database
from callcenter.foundation.ids import new_id
from tests.integration.calls.test_ledger_of_calls import stream
from tests.integration.conftest import WRAP_UP, Service, feed, new_engine

HOUSEHOLD = "+8613900000001"


async def play(service: Service, name: str, events: list[LineEvent] | None = None) -> str:
    """A recorded call; the id of its journey."""
    await feed(new_engine(service.ledger, name), stream(name) if events is None else events)
    async with service.ledger.reading() as session:
        rows = await session.scalars(select(JourneyRow).where(JourneyRow.pbx == name, JourneyRow.state != "merged"))
        return str(rows.one().id)


def connected_only(name: str) -> list[LineEvent]:
    """The call up to the talk, which goes on."""
    events = stream(name)
    return events[: next(n for n, event in enumerate(events) if isinstance(event, AgentConnected)) + 4]


@pytest.fixture
async def gulnar(service: Service) -> httpx.AsyncClient:
    return await service.signed_in("gulnar", Role.AGENT, seat="1001")


@pytest.fixture
async def liwei(service: Service) -> httpx.AsyncClient:
    return await service.signed_in("liwei", Role.AGENT, seat="1002")


@pytest.fixture
async def zhou(service: Service) -> httpx.AsyncClient:
    return await service.signed_in("zhou", Role.SUPERVISOR)


async def audited(service: Service, action: str) -> list[tuple[str, str]]:
    async with service.ledger.reading() as session:
        rows = await session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id))
        return [(row.subject, row.origin or "") for row in rows]


async def test_an_agent_sees_own_calls_and_a_supervisor_all(
    service: Service, gulnar: httpx.AsyncClient, liwei: httpx.AsyncClient, zhou: httpx.AsyncClient
) -> None:
    hers = await play(service, "normal-agent-hangs-up")
    both = await play(service, "agent-no-answer-then-other")

    async def seen(browser: httpx.AsyncClient, **query: str) -> set[str]:
        return {row["id"] for row in (await browser.get("/api/v1/journeys", params=query)).json()["items"]}

    assert await seen(gulnar) == {hers, both}, "also a call that only rang"
    assert await seen(liwei) == {both}
    assert await seen(liwei, agent="1001") == {both}, "asking for another agent's calls gives one's own"
    assert await seen(zhou) == {hers, both}
    assert await seen(zhou, agent="1002") == {both}
    assert (await liwei.get(f"/api/v1/journeys/{both}")).status_code == 200
    foreign, unknown = await liwei.get(f"/api/v1/journeys/{hers}"), await liwei.get(f"/api/v1/journeys/{new_id()}")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()


async def test_a_call_that_the_agent_made_is_in_the_agent_s_list(service: Service, zhou: httpx.AsyncClient) -> None:
    browser = await service.signed_in("aili", Role.AGENT, seat="1001")
    made = await play(service, "callback-household-first")
    listed = (await browser.get("/api/v1/journeys")).json()["items"]
    assert [row["id"] for row in listed] == [made]


@pytest.mark.parametrize("name", ["normal-agent-hangs-up", "originate-callback", "blind-transfer-outside"])
async def test_no_household_s_number_leaves_in_full(service: Service, zhou: httpx.AsyncClient, name: str) -> None:
    journey = await play(service, name)
    detail = await zhou.get(f"/api/v1/journeys/{journey}")
    rows = await zhou.get("/api/v1/journeys")
    assert detail.status_code == rows.status_code == 200
    for answer in (detail, rows):
        for number in ("13900000001", "13900000002", "13800000000"):
            assert number not in answer.text


async def test_the_list_comes_in_pages_and_a_forged_page_mark_is_refused(
    service: Service, zhou: httpx.AsyncClient
) -> None:
    for mark in (
        paging.encode("2026-11-23T00:00:00", str(new_id())),
        paging.encode(1, 2),
        "x",
        paging.encode("a", "b"),
    ):
        answer = await zhou.get("/api/v1/journeys", params={"cursor": mark})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor"), mark
    good = paging.encode("2026-11-23T00:00:00+00:00", str(new_id()))
    assert (await zhou.get("/api/v1/journeys", params={"cursor": good})).status_code == 200


@pytest.mark.parametrize(
    "text", ["\x00", "王\x00", "%", "_", "'", "\\", "１３９００００００００１", "0001", "\u202e"]
)
async def test_any_text_can_be_searched_for(service: Service, zhou: httpx.AsyncClient, text: str) -> None:
    await play(service, "normal-agent-hangs-up")
    answer = await zhou.get("/api/v1/journeys", params={"q": text, "outcome": text})
    assert answer.status_code == 200
    assert answer.json()["items"] == []


async def test_a_number_or_its_last_digits_find_its_calls(service: Service, zhou: httpx.AsyncClient) -> None:
    journey = await play(service, "normal-agent-hangs-up")
    for text in ("13900000001", "0001", "+86 139 0000 0001"):
        found = (await zhou.get("/api/v1/journeys", params={"q": text})).json()["items"]
        assert [row["id"] for row in found] == [journey], text


# ---- reveal ----


async def test_an_agent_may_see_the_number_while_the_call_is_on_the_desk_and_it_is_written_down(
    service: Service, gulnar: httpx.AsyncClient, liwei: httpx.AsyncClient
) -> None:
    journey = await play(service, "normal-agent-hangs-up", connected_only("normal-agent-hangs-up"))
    path = f"/api/v1/journeys/{journey}/reveal"
    answer = await gulnar.post(path)
    assert (answer.status_code, answer.json()) == (200, {"number": HOUSEHOLD})
    assert await audited(service, "number.revealed") == [(f"journey:{journey}", "10.0.0.1")]
    assert (await liwei.post(path)).status_code == 403
    await feed(new := new_engine(service.ledger, "normal-agent-hangs-up"), [])
    await new.load()
    await feed(new, stream("normal-agent-hangs-up"))
    assert (await gulnar.post(path)).status_code == 200, "wrap-up is part of the call"
    done = await gulnar.post(f"/api/v1/journeys/{journey}/disposition", json={"code": "enquiry_answered"})
    assert done.status_code == 200
    after = await gulnar.post(path)
    assert (after.status_code, after.json()["code"]) == (403, "not_permitted")
    assert len(await audited(service, "number.revealed")) == 2, "what was refused is not a reveal"


async def test_a_call_that_only_rang_gives_no_right_to_the_number(
    service: Service, gulnar: httpx.AsyncClient
) -> None:
    journey = await play(service, "agent-no-answer-then-other")
    assert (await gulnar.post(f"/api/v1/journeys/{journey}/reveal")).status_code == 403


async def test_a_supervisor_may_see_it_any_time_and_the_ivr_never(service: Service, zhou: httpx.AsyncClient) -> None:
    journey = await play(service, "normal-agent-hangs-up")
    assert (await zhou.post(f"/api/v1/journeys/{journey}/reveal")).json() == {"number": HOUSEHOLD}
    assert (await zhou.post(f"/api/v1/journeys/{new_id()}/reveal")).status_code == 404


# ---- dispositions ----


async def test_the_word_on_a_call_belongs_to_those_who_had_it(
    service: Service, gulnar: httpx.AsyncClient, liwei: httpx.AsyncClient
) -> None:
    journey = await play(service, "normal-agent-hangs-up")
    path, word = f"/api/v1/journeys/{journey}/disposition", {"code": "information_given", "note": "\x00好\x1b"}
    assert (await liwei.post(path, json=word)).status_code == 404
    choice = {"customer_id": str(new_id())}
    assert (await liwei.put(f"/api/v1/journeys/{journey}/customer", json=choice)).status_code == 404
    assert (await gulnar.post(path, json={"code": "bogus"})).json()["code"] == "unknown_disposition"
    assert (await gulnar.post(path, json=word)).status_code == 200
    assert (await gulnar.post(path, json=word)).json()["code"] == "already_disposed"
    detail = (await gulnar.get(f"/api/v1/journeys/{journey}")).json()
    assert (detail["disposition"], detail["note"]) == ("information_given", "好")


# ---- recordings ----


async def recording_of(service: Service, journey: str) -> RecordingRow:
    async with service.ledger.reading() as session:
        rows = list(await session.scalars(select(RecordingRow)))
    return next(row for row in rows if str(row.journey_id) == journey)


def write_sound(path: Path, seconds: int = 1) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(struct.pack("<8000h", *range(8000)) * seconds)
    return path.read_bytes()


@pytest.fixture
async def recorded(service: Service) -> dict[str, Any]:
    """A recorded call of 1001 with its sound on disk."""
    journey = await play(service, "normal-agent-hangs-up")
    async with service.ledger.transaction() as tx:
        if not list(await tx.session.scalars(select(RecordingRow))):
            row = RecordingRow(
                id="0123456789abcdef" * 2,
                journey_id=(await tx.session.scalars(select(JourneyRow.id))).one(),
                pbx="pbx",
                uniqueid="a-1795404675.19",
                started_at=tx.now,
                path="20261123/a-1795404675.19.wav",
            )
            tx.session.add(row)
    row = await recording_of(service, journey)
    return {"id": row.id, "journey": journey, "bytes": write_sound(service.monitor_dir / row.path), "path": row.path}


async def test_who_may_hear_a_recording(
    service: Service,
    gulnar: httpx.AsyncClient,
    liwei: httpx.AsyncClient,
    zhou: httpx.AsyncClient,
    recorded: dict[str, Any],
) -> None:
    path = f"/api/v1/recordings/{recorded['id']}/audio"
    answer = await gulnar.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert answer.content == recorded["bytes"]
    assert "no-store" in answer.headers["cache-control"]
    assert (await zhou.get(path)).status_code == 200
    assert (await liwei.get(path)).json()["code"] == "not_permitted"
    dispatcher = await service.signed_in("chenhao", Role.DISPATCHER)
    assert (await dispatcher.get(path)).status_code == 403
    assert (await (await service.browser()).get(path)).status_code == 401
    assert len(await audited(service, "recording.played")) == 2


async def test_pieces_of_one_play_are_one_line_in_the_log_and_no_piece_escapes_it(
    service: Service, gulnar: httpx.AsyncClient, recorded: dict[str, Any]
) -> None:
    path = f"/api/v1/recordings/{recorded['id']}/audio"
    piece = await gulnar.get(path, headers={"Range": "bytes=1-99"})
    assert (piece.status_code, piece.content) == (206, recorded["bytes"][1:100])
    assert piece.headers["content-range"] == f"bytes 1-99/{len(recorded['bytes'])}"
    assert len(await audited(service, "recording.played")) == 1, "a play that does not begin at the beginning"
    tail = await gulnar.get(path, headers={"Range": "bytes=-44"})
    assert tail.content == recorded["bytes"][-44:]
    assert (await gulnar.get(path, headers={"Range": "bytes=999999999-"})).status_code == 416
    assert len(await audited(service, "recording.played")) == 1
    service.clock.advance(timedelta(minutes=11))
    await gulnar.get(path)
    assert len(await audited(service, "recording.played")) == 2


@pytest.mark.parametrize("name", ["0" * 32, "..%2f..%2fetc%2fpasswd", "%00", "x" * 500, "'--", "%ff"])
async def test_an_unknown_recording_is_not_found(service: Service, zhou: httpx.AsyncClient, name: str) -> None:
    assert (await zhou.get(f"/api/v1/recordings/{name}/audio")).status_code == 404


@pytest.mark.parametrize(
    "path", ["../secret.wav", "/etc/passwd", "20261123/../../secret.wav", "link.wav", "20261123"]
)
async def test_no_row_leads_out_of_the_folder_of_recordings(
    service: Service, zhou: httpx.AsyncClient, recorded: dict[str, Any], path: str
) -> None:
    write_sound(service.monitor_dir.parent / "secret.wav")
    (service.monitor_dir / "link.wav").symlink_to(service.monitor_dir.parent / "secret.wav")
    async with service.ledger.transaction() as tx:
        row = await tx.session.get_one(RecordingRow, recorded["id"])
        row.path = path
    answer = await zhou.get(f"/api/v1/recordings/{recorded['id']}/audio")
    assert (answer.status_code, answer.json()["code"]) == (404, "recording_missing")


async def test_a_call_tells_whether_its_recording_is_there(
    service: Service, zhou: httpx.AsyncClient, recorded: dict[str, Any]
) -> None:
    async def shown() -> list[tuple[str, float | None]]:
        detail = (await zhou.get(f"/api/v1/journeys/{recorded['journey']}")).json()
        return [(one["state"], one["seconds"]) for one in detail["recordings"]]

    assert await shown() == [("ready", 1.0)]
    (service.monitor_dir / recorded["path"]).unlink()
    assert await shown() == [("missing", None)]


async def test_the_clock_of_wrap_up_is_the_service_s(service: Service, gulnar: httpx.AsyncClient) -> None:
    await play(service, "normal-agent-hangs-up")
    desk = (await gulnar.get("/api/v1/desk")).json()
    assert desk["presence"]["state"] == "wrap_up"
    until = (service.clock.now() + WRAP_UP).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert desk["presence"]["until"] == until
    assert desk["call"]["state"] == "ended"
    assert desk["call"]["caller"]["number"] == {"masked": "139****0001", "full": None, "withheld": False}


async def test_files_are_looked_at_in_a_thread_and_outside_of_transactions(
    service: Service, gulnar: httpx.AsyncClient, recorded: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, seen = 0, []
    begin = Database.write

    @asynccontextmanager
    async def counted(database: Database) -> AsyncIterator[AsyncSession]:
        nonlocal held
        async with begin(database) as session:
            held += 1
            try:
                yield session
            finally:
                held -= 1

    def looked(row: RecordingRow, monitor_dir: MonitorDir) -> Path:
        seen.append((threading.current_thread() is threading.main_thread(), held))
        return locate(row, monitor_dir)

    monkeypatch.setattr(Database, "write", counted)
    monkeypatch.setattr(recordings, "locate", looked)
    assert (await gulnar.get(f"/api/v1/recordings/{recorded['id']}/audio")).status_code == 200
    assert (await gulnar.get(f"/api/v1/journeys/{recorded['journey']}")).status_code == 200
    assert seen == [(False, 0), (False, 0)]
