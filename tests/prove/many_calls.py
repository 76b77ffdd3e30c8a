"""Many calls through the real PBX: nobody lost, and the ledger says what the telephones say."""

import asyncio
import random
from dataclasses import dataclass, field

from callcenter.phones import CallPlan, CallReport, Talk, place_call
from tests.browser.stack import until
from tests.prove import history
from tests.prove.centre import Centre
from tests.prove.history import Verdict

CALLS_A_SECOND = 1.0
TALK_WITHIN = 0.5
ABANDONING = 0.1
ANSWER_AFTER = 1.5


@dataclass
class ManyResult:
    calls: int
    accepted: int
    answered_by_phones: int
    verdict: Verdict
    differences: list[str] = field(default_factory=list)
    worst_talk_difference: float = 0.0


async def prove(centre: Centre, calls: int, rng: random.Random) -> ManyResult:
    numbers = [f"1390{n:07d}" for n in range(1, calls + 1)]
    async with centre.phones(answer_after=ANSWER_AFTER) as telephones:
        households = await asyncio.gather(*(_call(centre, n, number, rng) for n, number in enumerate(numbers)))
        await until("no journey is open", lambda: centre.health().get("open_journeys") == 0, 30)
    accepted = [number for number, report in zip(numbers, households, strict=True) if report.answered]
    answered = {report.number: report for report in telephones if report.answered}
    result = ManyResult(calls, len(accepted), len(answered), await history.check(centre.settings, accepted))
    for number in accepted:
        await _compare(centre, number, answered.get(number), result)
    return result


async def _call(centre: Centre, n: int, number: str, rng: random.Random) -> CallReport:
    seconds = rng.uniform(1.0, 2.0) if rng.random() < ABANDONING else rng.uniform(4.0, 8.0)
    await asyncio.sleep(n / CALLS_A_SECOND)
    pbx = centre.stack.pbx
    talk = Talk(press="1", press_after=0.6, seconds=seconds)
    return await place_call(
        CallPlan(number="96365", from_number=number, server=(pbx.sip_host, pbx.sip_port), talk=talk)
    )


async def _compare(centre: Centre, number: str, heard: CallReport | None, result: ManyResult) -> None:
    """The ledger's leg against the agent's telephone."""
    written = await history.read(centre.settings, number)
    legs = written.legs
    if (heard is not None) != (len(legs) == 1):
        result.differences.append(f"…{number[-6:]}: telephone {'answered' if heard else 'did not'}, {len(legs)} legs")
    elif heard is not None:
        off = abs(legs[0].talk_seconds - heard.talk_seconds)
        result.worst_talk_difference = max(result.worst_talk_difference, off)
        if off > TALK_WITHIN:
            result.differences.append(f"…{number[-6:]}: talk differs by {off:.2f} s")
