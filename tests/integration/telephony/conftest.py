"""The PBX by hand that gaps and heartbeats are tested with."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from callcenter.foundation.clock import FrozenClock
from callcenter.foundation.transactions import Ledger
from callcenter.telephony import link as link_module
from tests.fakes.fake_ami import FakeAmi
from tests.integration.telephony.pbx_scene import Scene


@pytest.fixture
async def scene(
    ledger: Ledger, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    monkeypatch.setattr(link_module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(link_module, "MOST_WAIT", 0.02)
    clock.at = datetime.fromisoformat("2026-11-23T04:00:00+00:00")
    async with FakeAmi() as ami:
        made = Scene(ami, ledger, tmp_path / "Master.csv", tmp_path / "queue_log")
        yield made
        await made.stop()
