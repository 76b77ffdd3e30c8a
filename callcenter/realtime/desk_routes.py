"""The desk over HTTP: its snapshot, presence, and the call's three buttons."""

import uuid
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from callcenter.agents import presence as presences
from callcenter.agents import repository as agents
from callcenter.agents.models import Agent, Presence
from callcenter.agents.states import LineState, PersonState
from callcenter.auth.dependencies import require
from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.calls import repository as calls
from callcenter.calls import wrap_up
from callcenter.calls.ports import Switch, SwitchOutcomeUnknown, SwitchUnavailable
from callcenter.foundation.errors import Refused
from callcenter.foundation.transactions import Ledger
from callcenter.foundation.web import In, LedgerDep
from callcenter.realtime.messages import DeskOut
from callcenter.realtime.routes import Desks

router = APIRouter(prefix="/api/v1/desk", tags=["desk"])
Person = Annotated[SignedIn, Depends(require(Permission.DESK_USE))]


async def _switch(request: Request) -> Switch:
    return cast(Switch, request.app.state.switch)


SwitchDep = Annotated[Switch, Depends(_switch)]


class PresenceIn(In):
    state: Literal["ready", "paused", "offline"]
    reason: str | None = Field(default=None, max_length=40)
    back_minutes: int | None = Field(default=None, ge=1, le=240)


@router.get("")
async def desk(person: Person, ledger: LedgerDep, request: Request) -> DeskOut:
    desks = cast(Desks, request.app.state.desks)
    async with ledger.reading() as session:
        seat = await agents.seat_of(session, person.user_id)
    return await desks.reader.desk(seat.id)


@router.put("/presence")
async def choose_presence(form: PresenceIn, person: Person, ledger: LedgerDep) -> dict[str, Any]:
    async with ledger.transaction() as tx:
        seat = await agents.seat_of(tx.session, person.user_id)
        presence = await wrap_up.choose(
            tx,
            seat,
            wish=PersonState(form.state),
            reason=form.reason,
            back_minutes=form.back_minutes,
            actor=person.actor,
        )
        return presences.describe(presence)


@router.post("/wrap-up/extend")
async def extend(person: Person, ledger: LedgerDep) -> dict[str, Any]:
    async with ledger.transaction() as tx:
        seat = await agents.seat_of(tx.session, person.user_id)
        return presences.describe(await presences.extend_wrap_up(tx, seat, actor=person.actor))


@router.post("/answer", status_code=202)
async def answer(person: Person, ledger: LedgerDep, switch: SwitchDep) -> None:
    """Ask the agent's desk telephone to answer."""
    async with ledger.reading() as session:
        channel = await _ringing_channel(session, await agents.seat_of(session, person.user_id))
    await _asked(switch.answer(channel))


@router.post("/reject", status_code=202)
async def reject(person: Person, ledger: LedgerDep, switch: SwitchDep) -> None:
    """Let the call go to the next agent; a short pause keeps it from ringing here again at once."""
    async with ledger.reading() as session:
        channel = await _ringing_channel(session, await agents.seat_of(session, person.user_id))
    await _pause_after_reject(ledger, person.user_id, person.actor)
    await _asked(switch.reject(channel))


@router.post("/hang-up", status_code=202)
async def hang_up(person: Person, ledger: LedgerDep, switch: SwitchDep) -> None:
    async with ledger.reading() as session:
        seat = await agents.seat_of(session, person.user_id)
        presence = await session.get(Presence, seat.id)
        talking = presence is not None and presence.line in (LineState.TALKING, LineState.HOLD)
        if presence is None or not talking or presence.journey_id is None:
            raise Refused("no_call")
        channel = await calls.channel_of_line(session, presence.journey_id, presence.channel_id or "")
    if channel is None:
        raise Refused("no_call")
    await _asked(switch.hang_up(channel))


async def _ringing_channel(session: Any, seat: Agent) -> str:
    pop = await calls.open_pop(session, seat.id)
    if pop is None:
        raise Refused("no_ringing_call")
    channel: str = pop.channel
    return channel


async def _pause_after_reject(ledger: Ledger, user_id: uuid.UUID, actor: str) -> None:
    async with ledger.transaction() as tx:
        await presences.rejected(tx, await agents.seat_of(tx.session, user_id), actor=actor)


async def _asked(command: Any) -> None:
    try:
        await command
    except SwitchUnavailable as error:
        raise Refused("pbx_unreachable") from error
    except SwitchOutcomeUnknown as error:
        raise Refused("pbx_outcome_unknown") from error
