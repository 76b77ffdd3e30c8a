"""`calls.ports.Switch` for every process: by our own link if we own the PBX, else by way of the process that does."""

from typing import Any

from callcenter.calls.ports import Switch, SwitchOutcomeUnknown, SwitchUnavailable
from callcenter.foundation.leases import Lease
from callcenter.foundation.relay import CommandState, Outcome, Relay

_NAMES = ("answer", "reject", "hang_up")


class RelayedSwitch:
    def __init__(self, own: Switch, lease: Lease, relay: Relay) -> None:
        self._own = own
        self._lease = lease
        self._relay = relay

    async def answer(self, channel: str) -> None:
        await self._ask("answer", channel)

    async def reject(self, channel: str) -> None:
        await self._ask("reject", channel)

    async def hang_up(self, channel: str) -> None:
        await self._ask("hang_up", channel)

    async def _ask(self, name: str, channel: str) -> None:
        if self._lease.may_act:
            await getattr(self._own, name)(channel)
            return
        outcome = await self._relay.ask(name, {"channel": channel})
        if outcome.state is CommandState.UNKNOWN:
            raise SwitchOutcomeUnknown
        if outcome.state is not CommandState.DONE:
            raise SwitchUnavailable

    async def run(self) -> None:
        """In the owner, as long as it is the owner: what other processes ask."""
        await self._relay.run(self._carry)

    async def _carry(self, name: str, data: dict[str, Any]) -> Outcome:
        channel = data.get("channel")
        if name not in _NAMES or not isinstance(channel, str):
            return Outcome(CommandState.REFUSED, "no such command")
        try:
            await getattr(self._own, name)(channel)
        except SwitchOutcomeUnknown:
            return Outcome(CommandState.UNKNOWN, "no answer from the PBX")
        except SwitchUnavailable:
            return Outcome(CommandState.REFUSED, "the PBX cannot be reached")
        return Outcome(CommandState.DONE)
