"""`bench calls`: the whole path on the real PBX, menu, queue, service and store, with calls that speak beside it.

Households and telephones are SIPp's, without sound; some more households speak (`speech.py`) to telephones that send
back what they hear. The same calls at a PBX without service and voice menu are the floor.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from callcenter.bench import short_calls, sipp
from callcenter.bench.browsers import desks_beside
from callcenter.bench.programs import free_port, resident_megabytes
from callcenter.bench.report import Extra, Finding, Goal
from callcenter.bench.service import HOST
from callcenter.bench.short_calls import Outcome, Say, Size
from callcenter.bench.speaking import speaking
from callcenter.bench.whole_system import whole_system

FLOOR_SECONDS = 60.0


def run(size: Size, say: Say) -> list[Finding]:
    """Three findings: calls that failed, what we cost beside Asterisk, packets that were lost."""
    floor_size = Size(
        rate=size.rate, seconds=min(size.seconds, FLOOR_SECONDS), agents=size.agents, speakers=size.speakers
    )
    floor = measure(floor_size, say, with_us=False)
    ours = measure(size, say, with_us=True)
    return [_failures(size, ours, floor), _cost(ours, floor), _speech(ours, floor)]


def _failures(size: Size, ours: Outcome, floor: Outcome) -> Finding:
    extra: Extra = {
        "calls": ours.calls,
        "calls_per_second": round(ours.calls / ours.seconds, 1),
        "sip_failed": ours.failed,
        "not_answered_by_an_agent": ours.unserved,
        "journeys_lost": ours.lost,
        "journeys_doubled": ours.doubled,
        "journeys_open": ours.still_open,
        "pops": ours.pops,
        "recordings": ours.recordings,
        "sip_sent_again": ours.sent_again,
        "agents": size.agents,
        "floor_calls": floor.calls,
    }
    if ours.complaint:
        extra["first_complaint"] = ours.complaint
    wrong = ours.failed + ours.unserved + ours.lost + ours.doubled + ours.still_open
    return Finding(
        f"whole path, {size.rate:g} calls/s",
        "failed",
        wrong,
        floor.failed,
        "the same calls without us",
        Goal(0, most=True),
        extra,
    )


def _cost(ours: Outcome, floor: Outcome) -> Finding:
    return Finding(
        "whole path, our CPU a call",
        "ms",
        ours.ms("service", "ivr"),
        ours.ms("asterisk"),
        "Asterisk in the same calls",
        Goal(1, most=True, of_ratio=True),
        {
            "service_ms": round(ours.ms("service"), 1),
            "ivr_ms": round(ours.ms("ivr"), 1),
            "asterisk_without_us_ms": round(floor.ms("asterisk"), 1),
            "service_mb": round(ours.megabytes),
        },
    )


def _speech(ours: Outcome, floor: Outcome) -> Finding:
    shown = {name: ours.speech[name] for name in ("calls", "through", "stayed", "packets")}
    return Finding(
        "speech beside it",
        "lost packets",
        ours.speech["lost"] + (ours.speech["calls"] - ours.speech["stayed"]),
        floor.speech["lost"],
        "the same without us",
        Goal(0, most=True),
        {**shown, "floor_packets": floor.speech["packets"]},
    )


def measure(size: Size, say: Say, *, with_us: bool) -> Outcome:
    """One run at a PBX of its own, with or without service and voice menu."""
    telephones = (sipp.TELEPHONES, free_port(sipp.TELEPHONES))
    media = str(free_port(sipp.TELEPHONES) & ~1)
    with tempfile.TemporaryDirectory(prefix="bench-calls-") as name, ExitStack() as running:
        folder = Path(name)
        seats = size.agents + size.speakers
        say(f"calls: starting the PBX{' with service and voice menu' if with_us else ' alone'}, {seats} telephones")
        system = running.enter_context(whole_system(folder, seats, with_us=with_us, telephones=telephones))
        running.enter_context(
            sipp.sipp(folder, "telephones", sipp.telephone(), "-rtp_echo", "-mp", media, "-aa", local=telephones)
        )
        pops = running.enter_context(desks_beside((HOST, system.service_port), system.cookies)) if with_us else []
        with speaking(system, size.speakers) as speech:
            outcome = short_calls.dial(system, size, say)
        outcome.speech = speech
        outcome.pops = len(pops)
        outcome.recordings = sum(1 for _ in system.pbx.monitor_dir.rglob("*.wav"))
        if with_us:
            outcome.megabytes = resident_megabytes(system.pids()["service"])
            short_calls.count_journeys(folder, size, outcome)
        return outcome
