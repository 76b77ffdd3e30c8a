"""The torture messages of RFC 4475 against our configuration: it lives, dials nobody, and takes the next call."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.telephony.replay import replay_messages
from tests.hostile.names import HOSTILE_NAMES
from tests.hostile.scanners import scan
from tests.hostile.sip import SENDERS, torture
from tests.hostile.sipp import call_in, froms
from tests.hostile.torture import MESSAGES
from tests.real_asterisk.ami_wire import AmiWire, ami
from tests.real_asterisk.running_pbx import RunningPbx


@pytest.fixture
async def tracer(quiet_pbx: RunningPbx) -> AsyncIterator[AmiWire]:
    async with ami(quiet_pbx.instance.ami_port, "tracer", quiet_pbx.tracer_secret) as wire:
        yield wire


async def test_the_torture_messages_harm_nobody(quiet_pbx: RunningPbx, tracer: AmiWire) -> None:
    assert len(MESSAGES) == 49, "as many as the RFC has"
    tried = await torture(quiet_pbx, tracer)
    assert tried.complaints == []
    assert tried.cases.total() == 49 * len(SENDERS)
    assert len(replay_messages(tracer.events).journeys) >= 5, "those that are valid did call"


async def test_scanners_find_no_account_and_guess_no_password(
    quiet_pbx: RunningPbx, tracer: AmiWire, tmp_path: Path
) -> None:
    tried = await scan(quiet_pbx, tracer, tmp_path, guesses=20)
    assert tried.complaints == []
    assert tried.cases["accounts asked for"] > 100


async def test_hostile_names_and_numbers_are_text_and_one_journey_each(
    quiet_pbx: RunningPbx, tracer: AmiWire, tmp_path: Path
) -> None:
    tried = await call_in(quiet_pbx, tracer, tmp_path, list(froms()))
    assert tried.complaints == []
    assert tried.cases.total() > len(HOSTILE_NAMES) + 10
