"""Recordings of what the first thirteen lack; the telling parts of each journey."""

from typing import Any

import pytest

from callcenter.calls.facts import SupervisionEnded, SupervisionStarted
from tests.recorded_calls import events, least_rights, run, translated

A1, A2, A3 = "PJSIP/1001", "PJSIP/1002", "PJSIP/1003"

Brief = dict[str, Any]


def brief(outcome: str, by: str, **parts: Any) -> Brief:
    nothing: Brief = {"visits": [], "rings": [], "legs": [], "consults": [], "transfers": []}
    return nothing | {"direction": "inbound", "outcome": outcome, "by": by} | parts


def shortened(journey: dict[str, Any]) -> Brief:
    return {
        "direction": journey["direction"],
        "outcome": journey["outcome"],
        "by": journey["hangup_by"],
        "visits": [(v["queue"], v["outcome"]) for v in journey["queue_visits"]],
        "rings": [(a["agent"], a["outcome"]) for a in journey["attempts"]],
        "legs": [(x["agent"], x["talk_seconds"], x["hold_seconds"]) for x in journey["agent_legs"]],
        "consults": [(c["agent"], c["to"], c["seconds"]) for c in journey["consults"]],
        "transfers": [(t["kind"], t["by"], t["to"], t["completed"]) for t in journey["transfers"]],
    }


ALL = "hotline-all"
ANSWERED = [(ALL, "answered")]
REFUSED = [("hotline-zh", "joinempty")]

STORIES: dict[str, list[Brief]] = {
    # the PBX says QueueCallerAbandon in these four; none of the callers hung up in the queue
    "queue-timeout": [brief("timeout", "caller", visits=[("hotline-fast", "timeout")], rings=[(A1, "no_answer")])],
    "queue-left-empty": [brief("no_agents", "system", visits=[(ALL, "leaveempty")], rings=[(A1, "no_answer")])],
    "queue-withdrawn": [
        brief("callback_requested", "system", visits=[(ALL, "withdrawn")], rings=[(A1, "no_answer")])
    ],
    "queue-exit-key": [
        brief("callback_requested", "system", visits=[("hotline-key", "exit_key")], rings=[(A1, "cancelled")])
    ],
    "queue-refused": [brief("no_agents", "caller", visits=[("hotline-fast", "joinempty")])],
    "agent-busy": [
        brief("answered", "agent", visits=ANSWERED, rings=[(A1, "busy"), (A2, "answered")], legs=[(A2, 1.0, 0.0)])
    ],
    "agent-rejects": [
        brief(
            "answered", "agent", visits=ANSWERED, rings=[(A1, "rejected"), (A2, "answered")], legs=[(A2, 1.002, 0.0)]
        )
    ],
    "ring-all": [
        brief(
            "answered", "agent", visits=ANSWERED, rings=[(A2, "answered"), (A1, "cancelled")], legs=[(A2, 1.002, 0.0)]
        )
    ],
    # the consultation is a call of its own for the PBX (other linkedid); for us it is part of the journey
    "attended-transfer-refer": [
        brief(
            "answered",
            "agent",
            visits=ANSWERED,
            rings=[(A1, "answered"), (A3, "answered")],
            legs=[(A1, 1.022, 1.911), (A3, 1.02, 0.0)],
            consults=[(A1, "1003", 1.003)],
            transfers=[("attended", A1, "1003", True)],
        )
    ],
    "consult-then-back": [
        brief(
            "answered",
            "caller",
            visits=ANSWERED,
            rings=[(A1, "answered"), (A3, "answered")],
            legs=[(A1, 1.622, 1.814)],
            consults=[(A1, "1003", 0.804)],
        )
    ],
    "atxfer-cancelled": [
        brief(
            "answered",
            "agent",
            visits=ANSWERED,
            rings=[(A1, "answered"), (A3, "answered")],
            legs=[(A1, 1.264, 0.182), (A1, 0.757, 0.0)],
            consults=[(A1, "1003", 1.045)],
        )
    ],
    "blind-transfer-outside": [
        brief(
            "answered",
            "transfer",
            visits=ANSWERED,
            rings=[(A1, "answered")],
            legs=[(A1, 1.021, 0.0)],
            transfers=[("blind", A1, "13900000002", True)],
        )
    ],
    "blind-transfer-unanswered": [
        brief(
            "answered",
            "caller",
            visits=ANSWERED,
            rings=[(A1, "answered"), (A3, "cancelled")],
            legs=[(A1, 1.022, 0.0)],
            transfers=[("blind", A1, "1003", False)],
        )
    ],
    # AgentComplete says "caller" here: the agent's button is a Hangup by AMI
    "ami-hangup-agent": [
        brief("answered", "agent", visits=ANSWERED, rings=[(A1, "answered")], legs=[(A1, 1.019, 0.0)])
    ],
    "ami-hangup-caller": [
        brief("answered", "system", visits=ANSWERED, rings=[(A1, "answered")], legs=[(A1, 1.019, 0.0)])
    ],
    "ami-redirect": [
        brief(
            "answered",
            "caller",
            visits=ANSWERED,
            rings=[(A1, "answered"), (A3, "answered")],
            legs=[(A1, 1.02, 0.0), (A3, 1.0, 0.0)],
        )
    ],
    "owner-first": [
        brief(
            "answered", "agent", visits=ANSWERED, rings=[(A2, "no_answer"), (A1, "answered")], legs=[(A1, 1.006, 0.0)]
        )
    ],
    "ivr-done": [brief("ivr_done", "system")],
    "voicemail": [brief("voicemail", "system")],
    # nobody is signed in; the duty phone outside is a line of the trunk like the caller's
    "duty-phone-busy-then-voicemail": [brief("voicemail", "caller", visits=REFUSED, rings=[("duty-phone", "busy")])],
    "voicemail-nothing-said": [brief("no_agents", "system", visits=REFUSED, rings=[("duty-phone", "busy")])],
    "voicemail-ended-by-silence": [brief("voicemail", "system", visits=[("bare", "joinempty")])],
    "duty-phone-outside": [
        brief(
            "answered",
            "agent",
            visits=REFUSED,
            rings=[("duty-phone", "answered")],
            legs=[("duty-phone", 1.505, 0.0)],
        )
    ],
    "duty-phone-of-a-seat": [
        brief(
            "answered",
            "caller",
            visits=[("elders", "joinempty")],
            rings=[("PJSIP/1004", "answered")],
            legs=[("PJSIP/1004", 1.535, 0.0)],
        )
    ],
    "callback-household-first": [
        brief(
            "answered",
            "caller",
            direction="outbound",
            visits=ANSWERED,
            rings=[(A1, "answered")],
            legs=[(A1, 1.0, 0.0)],
        )
    ],
    "callback-agent-first": [
        brief("answered", "caller", direction="outbound", rings=[(A1, "answered")], legs=[(A1, 1.001, 0.0)])
    ],
    "callback-unanswered": [brief("timeout", "system", direction="outbound")],
    "callback-household-busy": [brief("failed", "caller", direction="outbound", rings=[(A1, "answered")])],
    "internal-call": [
        brief("answered", "agent", direction="internal", rings=[(A3, "answered")], legs=[(A3, 1.002, 0.0)])
    ],
    "two-at-once": [
        brief("answered", "caller", visits=ANSWERED, rings=[(A1, "answered")], legs=[(A1, 2.524, 0.0)]),
        brief("answered", "caller", visits=ANSWERED, rings=[(A2, "answered")], legs=[(A2, 1.914, 0.0)]),
    ],
    "lists-mid-call": [
        brief("answered", "caller", visits=ANSWERED, rings=[(A1, "answered")], legs=[(A1, 5.257, 0.0)]),
        brief("answered", "caller", visits=ANSWERED, rings=[(A2, "answered")], legs=[(A2, 1.316, 0.0)]),
    ],
}


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    assert [shortened(journey) for journey in run(events(name)).printed()] == STORIES[name]


@pytest.mark.parametrize("name", STORIES)
def test_story_with_least_rights(name: str) -> None:
    assert [shortened(journey) for journey in run(translated(least_rights(name))).printed()] == STORIES[name]


def test_menu_keys_and_numbers() -> None:
    (journey,) = run(events("agent-busy")).printed()
    assert journey["ivr_steps"] == [{"node": "main_menu", "key": "timeout"}, {"node": "main_menu", "key": "0"}]
    assert (journey["caller"], journey["dialled"]) == ("13900000001", "96381")


@pytest.mark.parametrize(
    ("name", "dialled"),
    [("callback-household-first", "13900000003"), ("callback-unanswered", "13900000003"),
     ("callback-agent-first", "13900000004"), ("callback-household-busy", "13900000004")],
)  # fmt: skip
def test_a_call_back_shows_our_number_and_the_households(name: str, dialled: str) -> None:
    (journey,) = run(events(name)).printed()
    assert (journey["caller"], journey["dialled"]) == ("96365", dialled)


def test_each_listening_in_is_on_record_with_the_call_that_was_heard() -> None:
    changes = run(events("supervisor-spy")).changes
    told = [fact for change in changes for fact in change.facts]
    begun = [(f.supervisor, f.agent) for f in told if isinstance(f, SupervisionStarted)]
    over = [(f.supervisor, f.agent) for f in told if isinstance(f, SupervisionEnded)]
    assert begun == over == [(A2, A1)] * 3
    assert {change.journey.linkedid for change in changes} == {"a-1795404768.85"}
