"""`calls.ports.Switch` carried out by AMI actions. Commands are sent once; their effect shows in events."""

from collections.abc import Callable

from callcenter.calls.ports import SwitchOutcomeUnknown, SwitchUnavailable
from callcenter.telephony.ami_client import AmiAddress, AmiClient, AmiOutcomeUnknown, AmiUnavailable

NORMAL, REJECTED = "16", "21"
"""Q.850 causes; the ledger tells a refused ring from an unanswered one by them."""


class AmiSwitch:
    """Uses the live link for what its rights allow, and a short link of the second user for device notices."""

    def __init__(
        self,
        link: Callable[[], AmiClient | None],
        system_user: Callable[[], AmiAddress | None],
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        self._link = link
        self._system_user = system_user
        self._may_act = may_act

    async def hang_up(self, channel: str) -> None:
        await self._end(channel, NORMAL)

    async def reject(self, channel: str) -> None:
        await self._end(channel, REJECTED)

    async def _end(self, channel: str, cause: str) -> None:
        client = self._link()
        if client is None:
            raise SwitchUnavailable
        try:
            await client.send("Hangup", {"Channel": channel, "Cause": cause})
        except AmiUnavailable as error:
            raise SwitchUnavailable from error
        except AmiOutcomeUnknown as error:
            raise SwitchOutcomeUnknown from error

    async def answer(self, channel: str) -> None:
        address = self._system_user()
        if address is None:
            raise SwitchUnavailable
        client = AmiClient(address, lambda _: None, may_act=self._may_act)
        try:
            await client.connect()
            await client.send("PJSIPNotify", {"Channel": channel, "Variable": ["Event=talk"]})
        except AmiUnavailable as error:
            raise SwitchUnavailable from error
        except AmiOutcomeUnknown as error:
            raise SwitchOutcomeUnknown from error
        finally:
            client.close()
