"""The words of a journey, and the table of what a call is doing now.

Times, lines and people are in :mod:`callcenter.calls.journeys`; this file holds only names and the table.
"""

from enum import StrEnum


class Direction(StrEnum):
    """Who began: a household (inbound), we (outbound), or a colleague (internal)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How a journey ended; exactly one each (DESIGN.md §5)."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    IVR_HANGUP = "ivr_hangup"
    IVR_DONE = "ivr_done"
    CALLBACK_REQUESTED = "callback_requested"
    VOICEMAIL = "voicemail"
    NO_AGENTS = "no_agents"
    TIMEOUT = "timeout"
    FAILED = "failed"


class VisitOutcome(StrEnum):
    """How one stay in one queue ended."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMEOUT = "timeout"
    JOINEMPTY = "joinempty"
    LEAVEEMPTY = "leaveempty"
    EXIT_KEY = "exit_key"
    WITHDRAWN = "withdrawn"


class AttemptOutcome(StrEnum):
    """How one ring of one agent's device ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNAVAILABLE = "unavailable"


class HangupBy(StrEnum):
    """Who ended the conversation, or the waiting for one."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"
    TRANSFER = "transfer"


class TransferKind(StrEnum):
    """With or without a word to the colleague first."""

    BLIND = "blind"
    ATTENDED = "attended"


class CallState(StrEnum):
    """What a call is doing now, as a board shows it."""

    ARRIVING = "arriving"  # a line exists; nobody has answered it
    IN_MENU = "in_menu"  # our answer machine or the menus speak; no person, no queue
    QUEUED = "queued"
    TALKING = "talking"
    HELD = "held"
    CONSULTING = "consulting"  # the caller hears music while the agent asks a colleague
    BETWEEN = "between"  # the last agent has left and the caller's line is up: transfer, survey, goodbye
    ENDED = "ended"
    MERGED = "merged"  # was a consultation; lives on inside the household's journey
    DISCARDED = "discarded"  # was supervision, not a call


TERMINAL = frozenset({CallState.ENDED, CallState.MERGED, CallState.DISCARDED})

_S = CallState
_ANY_LIVE = tuple(state for state in CallState if state not in TERMINAL)

#: (state, name of the fact) → next state. A pair that is not here changes nothing: late and doubled news is normal.
TRANSITIONS: dict[tuple[CallState, str], CallState] = {
    (_S.ARRIVING, "CallAnswered"): _S.IN_MENU,
    (_S.ARRIVING, "IvrStepTaken"): _S.IN_MENU,
    (_S.ARRIVING, "CallerQueued"): _S.QUEUED,
    (_S.ARRIVING, "AgentLegStarted"): _S.TALKING,
    (_S.IN_MENU, "CallerQueued"): _S.QUEUED,
    (_S.IN_MENU, "AgentLegStarted"): _S.TALKING,
    (_S.QUEUED, "AgentLegStarted"): _S.TALKING,
    (_S.QUEUED, "QueueVisitEnded"): _S.BETWEEN,
    (_S.TALKING, "CallHeld"): _S.HELD,
    (_S.TALKING, "ConsultStarted"): _S.CONSULTING,
    (_S.TALKING, "LastAgentLeft"): _S.BETWEEN,
    (_S.TALKING, "CallerQueued"): _S.QUEUED,
    (_S.HELD, "CallResumed"): _S.TALKING,
    (_S.HELD, "ConsultStarted"): _S.CONSULTING,
    (_S.HELD, "LastAgentLeft"): _S.BETWEEN,
    (_S.CONSULTING, "AgentLegStarted"): _S.TALKING,
    (_S.CONSULTING, "AgentLegWentOn"): _S.TALKING,
    (_S.CONSULTING, "ConsultEnded"): _S.BETWEEN,
    (_S.BETWEEN, "ConsultStarted"): _S.CONSULTING,
    (_S.BETWEEN, "AgentLegStarted"): _S.TALKING,
    (_S.BETWEEN, "AgentLegWentOn"): _S.TALKING,
    (_S.BETWEEN, "CallerQueued"): _S.QUEUED,
    **{(state, "JourneyEnded"): _S.ENDED for state in _ANY_LIVE},
    **{(state, "JourneyMerged"): _S.MERGED for state in _ANY_LIVE},
    **{(state, "JourneyDiscarded"): _S.DISCARDED for state in _ANY_LIVE},
}


def advance(state: CallState, fact: str) -> CallState:
    """Return the state after the fact of that class name; the same state if the table has no such pair."""
    return TRANSITIONS.get((state, fact), state)
