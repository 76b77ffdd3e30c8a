"""A caller whom nobody served leaves a message: a recording, a task with an owner, and who may hear it."""

import httpx
import pytest
from sqlalchemy import select

from callcenter.auth.permissions import Role
from callcenter.calls.models import RecordingRow
from callcenter.tasks.models import Task
from tests.integration.calls.test_routes_of_calls import play, write_sound
from tests.integration.conftest import Service

LEFT = "duty-phone-busy-then-voicemail"


async def tasks(service: Service) -> list[Task]:
    async with service.ledger.reading() as session:
        return list(await session.scalars(select(Task)))


async def test_a_message_becomes_an_owned_task_and_a_recording_that_its_owner_may_hear(service: Service) -> None:
    agent = await service.signed_in("gulnar", Role.AGENT, seat="1001")
    journey = await play(service, LEFT)
    [task] = (await agent.get("/api/v1/tasks")).json()["items"]
    assert (task["kind"], task["journey_id"], task["where"]) == ("voicemail", journey, "queue")
    assert task["owner"] is not None
    async with service.ledger.reading() as session:
        recordings = list(await session.scalars(select(RecordingRow).order_by(RecordingRow.kind)))
    assert [row.kind for row in recordings] == ["call", "voicemail"]
    message = recordings[1]
    assert task["recording_id"] == message.id
    assert message.path == f"20261123/{message.uniqueid}-voicemail.wav"
    sound = write_sound(service.monitor_dir / message.path)
    heard = await agent.get(f"/api/v1/recordings/{message.id}/audio")
    assert (heard.status_code, heard.content) == (200, sound)
    talk = await agent.get(f"/api/v1/recordings/{recordings[0].id}/audio")
    assert talk.status_code == 403, "only the message, not what else was recorded"


async def test_whoever_does_no_tasks_does_not_hear_a_message(service: Service) -> None:
    await play(service, LEFT)
    [task] = await tasks(service)
    worker: httpx.AsyncClient = await service.signed_in("worker", Role.WORKER)
    assert (await worker.get(f"/api/v1/recordings/{task.recording_id}/audio")).status_code == 403


async def test_a_supervisor_hears_the_message_first_in_the_history(service: Service) -> None:
    zhou = await service.signed_in("zhou", Role.SUPERVISOR)
    journey = await play(service, LEFT)
    [task] = await tasks(service)
    [row] = (await zhou.get("/api/v1/journeys")).json()["items"]
    assert (row["outcome"], row["recording_id"]) == ("voicemail", task.recording_id)
    detail = (await zhou.get(f"/api/v1/journeys/{journey}")).json()
    assert detail["recordings"][0]["id"] == task.recording_id


@pytest.mark.parametrize("stream", ["duty-phone-outside", "duty-phone-of-a-seat"])
async def test_whom_the_duty_phone_served_is_not_lost(service: Service, stream: str) -> None:
    zhou = await service.signed_in("zhou", Role.SUPERVISOR)
    await play(service, stream)
    assert await tasks(service) == []
    [row] = (await zhou.get("/api/v1/journeys")).json()["items"]
    assert row["outcome"] == "answered"
    assert row["talk_seconds"] > 1


async def test_the_duty_phone_pays_what_is_owed(service: Service) -> None:
    await play(service, "voicemail-nothing-said")
    await play(service, "duty-phone-outside")
    [task] = await tasks(service)
    assert (task.kind, task.state, task.closing_fact) == ("lost_caller", "done", "called_again")


async def test_who_says_nothing_is_a_lost_caller_like_any_other(service: Service) -> None:
    await play(service, "voicemail-nothing-said")
    [task] = await tasks(service)
    assert (task.kind, task.cause, task.recording_id) == ("lost_caller", "no_agents", None)
