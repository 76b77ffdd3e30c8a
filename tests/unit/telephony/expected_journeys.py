"""The thirteen first recordings: what happened in them, written by hand from the stamps of the raw events.

Stamps are the last digits of the PBX's `Timestamp` (seconds after 1795404000). Durations are differences of stamps,
worked out here and not by the program under test.
"""

from datetime import UTC, datetime
from typing import Any

EPOCH = 1795404000


def stamp(seconds: float) -> str:
    at = datetime.fromtimestamp(EPOCH + seconds, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def visit(queue: str, joined: float, left: float, outcome: str, position: int = 1) -> dict[str, Any]:
    return {
        "queue": queue,
        "joined_at": stamp(joined),
        "left_at": stamp(left),
        "wait_seconds": round(left - joined, 3),
        "position": position,
        "outcome": outcome,
    }


def ring(agent: str, ringing: float, ended: float, outcome: str = "answered") -> dict[str, Any]:
    return {"agent": agent, "ringing_at": stamp(ringing), "ended_at": stamp(ended), "outcome": outcome}


def leg(agent: str, start: float, end: float, held: float = 0.0) -> dict[str, Any]:
    talk = round(end - start - held, 3)
    return {
        "agent": agent,
        "from": stamp(start),
        "to": stamp(end),
        "talk_seconds": talk,
        "hold_seconds": round(held, 3),
    }


def inbound(linkedid: str, start: float, end: float, outcome: str, by: str, **parts: Any) -> dict[str, Any]:
    return {
        "linkedid": linkedid,
        "direction": "inbound",
        "caller": "13900000001",
        "dialled": "96365",
        "started_at": stamp(start),
        "ended_at": stamp(end),
        "outcome": outcome,
        "ivr_steps": [],
        "queue_visits": [],
        "attempts": [],
        "agent_legs": [],
        "consults": [],
        "transfers": [],
        "hangup_by": by,
    } | parts


A1, A2, A3 = "PJSIP/1001", "PJSIP/1002", "PJSIP/1003"

EXPECTED: dict[str, dict[str, Any]] = {
    "normal-agent-hangs-up": inbound(
        "a-1795404675.19",
        675.774435,
        680.753221,
        "answered",
        "agent",
        queue_visits=[visit("hotline", 677.211671, 677.820743, "answered")],
        attempts=[ring(A1, 677.214932, 677.819505)],
        agent_legs=[leg(A1, 677.822376, 679.821574)],
    ),
    "normal-caller-hangs-up": inbound(
        "a-1795404682.23",
        682.465411,
        686.532109,
        "answered",
        "caller",
        queue_visits=[visit("hotline", 683.921619, 684.529018, "answered")],
        attempts=[ring(A1, 683.924649, 684.528293)],
        agent_legs=[leg(A1, 684.530440, 686.532057)],
    ),
    "abandoned-in-queue": inbound(
        "a-1795404688.26",
        688.246844,
        691.823047,
        "abandoned",
        "caller",
        queue_visits=[visit("hotline", 689.702121, 691.821670, "abandoned")],
        attempts=[ring(A1, 689.703770, 691.821506, "cancelled")],
    ),
    "agent-no-answer-then-other": inbound(
        "a-1795404694.29",
        694.531749,
        703.010281,
        "answered",
        "agent",
        queue_visits=[visit("hotline-fast", 695.966020, 700.575250, "answered")],
        attempts=[ring(A1, 695.967478, 698.968422, "no_answer"), ring(A2, 699.972243, 700.575152)],
        agent_legs=[leg(A2, 700.576610, 702.077709)],
    ),
    # the pauses are the member's business and leave no trace in the journey
    "agent-pause": inbound(
        "a-1795404752.77",
        752.487712,
        756.471414,
        "answered",
        "agent",
        queue_visits=[visit("hotline", 753.928138, 754.537587, "answered")],
        attempts=[ring(A1, 753.929895, 754.534368)],
        agent_legs=[leg(A1, 754.537644, 755.539394)],
    ),
    "hold-unhold": inbound(
        "a-1795404710.41",
        710.651730,
        717.149427,
        "answered",
        "agent",
        queue_visits=[visit("hotline", 712.105625, 712.712516, "answered")],
        attempts=[ring(A1, 712.107280, 712.710189)],
        agent_legs=[leg(A1, 712.712971, 716.217215, held=715.214390 - 713.712334)],
    ),
    # 1003 did not ring in the queue, but it rang; the Unhold before the transfer is nobody's
    "blind-transfer-ami": inbound(
        "a-1795404726.50",
        726.031941,
        731.204218,
        "answered",
        "agent",
        queue_visits=[visit("hotline", 727.487029, 728.093551, "answered")],
        attempts=[ring(A1, 727.488915, 728.092340), ring(A3, 729.096003, 729.701343)],
        agent_legs=[leg(A1, 728.094001, 729.092771), leg(A3, 729.701617, 731.202850)],
        transfers=[{"kind": "blind", "by": A1, "to": "1003", "completed": True}],
    ),
    # 1001 leaves the caller (on hold since .532241) for the consultation; that is talk only from 1003's answer on;
    # 1003 hears the caller from 747.825749 on, first through the Local pair, then, without a gap, directly
    "attended-transfer-ami": inbound(
        "a-1795404742.64",
        742.233563,
        750.264585,
        "answered",
        "agent",
        queue_visits=[visit("hotline", 743.681580, 744.286599, "answered")],
        attempts=[ring(A1, 743.682735, 744.286276), ring(A3, 745.718454, 746.320384)],
        agent_legs=[
            leg(A1, 744.286643, 745.716816, held=745.716816 - 745.532241),
            leg(A3, 747.825749, 749.332853),
        ],
        consults=[{"agent": A1, "to": "1003", "seconds": round(747.825720 - 746.321916, 3)}],
        transfers=[{"kind": "attended", "by": A1, "to": "1003", "completed": True}],
    ),
    "caller-hangup-in-ivr": inbound("a-1795404758.81", 758.686347, 760.695514, "ivr_hangup", "caller"),
    "queue-join-empty": inbound(
        "a-1795404763.83",
        763.400350,
        766.957815,
        "no_agents",
        "caller",
        queue_visits=[visit("hotline", 764.836861, 764.836861, "joinempty", position=0)],
    ),
    # the three calls of the supervisor are no journeys
    "supervisor-spy": inbound(
        "a-1795404768.85",
        768.664643,
        776.776935,
        "answered",
        "agent",
        queue_visits=[visit("hotline", 770.100981, 770.710633, "answered")],
        attempts=[ring(A1, 770.105229, 770.709997)],
        agent_legs=[leg(A1, 770.711966, 775.843604)],
    ),
    # the member is Local/1001@…, the device that rings and talks is PJSIP/1001; one ring, one leg without a gap
    "local-channel-member": inbound(
        "a-1795404783.98",
        783.424266,
        787.916666,
        "answered",
        "agent",
        queue_visits=[visit("hotline", 784.875501, 785.480655, "answered")],
        attempts=[ring(A1, 784.875710, 785.480507)],
        agent_legs=[leg(A1, 785.484996, 786.980691)],
    ),
    # agent first; 1003 stands for the household here
    "originate-callback": inbound(
        "callback-1",
        778.495384,
        781.221187,
        "answered",
        "agent",
        attempts=[ring(A1, 778.503295, 779.108193)],
        agent_legs=[leg(A1, 779.717178, 781.217471)],
    )
    | {"direction": "outbound", "caller": "96365", "dialled": "1003"},
}
