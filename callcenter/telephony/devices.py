"""Agents' telephones as the PBX has them, brought to presence: registered or not, and in no call that is none."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.agents import presence, repository
from callcenter.agents.models import interface_of as desk_phone_of
from callcenter.agents.states import LineState
from callcenter.calls.lines import interface_of
from callcenter.calls.pbx_events import DeviceStateChanged
from callcenter.calls.repairs import Repair, RepairKind
from callcenter.foundation.transactions import Ledger

_AWAY = frozenset({"UNAVAILABLE", "INVALID"})
SPARED_AGE = timedelta(seconds=2)
"""What changed so shortly before the PBX was asked may be told after its answer."""


@dataclass(frozen=True, slots=True)
class _Wrong:
    number: str
    kind: RepairKind
    registered: bool = False


class DeviceKeeper:
    """One a PBX. `note` takes what the PBX says; `compare` sets what screens show against what it shows."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._registered: dict[str, bool] = {}

    def reset(self) -> None:
        self._registered.clear()

    async def note(self, event: DeviceStateChanged) -> None:
        registered = event.state not in _AWAY
        if self._registered.get(event.device) != registered:
            async with self._ledger.transaction() as tx:
                await presence.phone_seen(tx, event.device, registered=registered)
            self._registered[event.device] = registered

    async def agrees(self, devices: Collection[DeviceStateChanged], channels: Collection[str]) -> bool:
        return not await self._wrong(devices, channels)

    async def compare(self, devices: Collection[DeviceStateChanged], channels: Collection[str]) -> list[Repair]:
        """Correct presence; what had to be. `channels`: names of all live lines."""
        wrong = await self._wrong(devices, channels)
        for one in wrong:
            async with self._ledger.transaction() as tx:
                if one.kind is RepairKind.DEVICE:
                    device = desk_phone_of(one.number)
                    await presence.phone_seen(tx, device, registered=one.registered)
                    self._registered[device] = one.registered
                elif (agent := await repository.by_number(tx.session, one.number)) is not None:
                    await presence.line_changed(tx, agent, LineState.FREE, journey_id=None, channel_id=None)
                    await presence.do_as_chosen(tx, agent)
        return [Repair(one.kind, subject=one.number) for one in wrong]

    async def _wrong(self, devices: Collection[DeviceStateChanged], channels: Collection[str]) -> list[_Wrong]:
        shown = {event.device: event.state not in _AWAY for event in devices}
        busy = {repository.number_of(interface_of(channel)) for channel in channels}
        old = self._ledger.clock.now() - SPARED_AGE
        async with self._ledger.reading() as session:
            agents = await repository.lines_shown(session)
        for number, registered, *_ in agents:  # what agrees is known: its next word needs no transaction
            if shown.get(device := desk_phone_of(number)) == registered:
                self._registered[device] = registered
        return [wrong for agent in agents for wrong in _of_agent(*agent, shown, busy, old)]


def _of_agent(
    number: str,
    registered: bool,
    line: str,
    since: datetime,
    shown: dict[str, bool],
    busy: Collection[str | None],
    old: datetime,
) -> list[_Wrong]:
    wrong = []
    there = shown.get(desk_phone_of(number))
    if there is not None and there != registered:
        wrong.append(_Wrong(number, RepairKind.DEVICE, there))
    if line != LineState.FREE and number not in busy and since <= old:
        wrong.append(_Wrong(number, RepairKind.PRESENCE))
    return wrong
