"""What one PBX's configuration says. Frozen and checked on creation: nothing else reaches a template.

Only rows that administrators own stand here. What a caller says or sends never enters configuration.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.agents import duty_phone
from callcenter.agents.queue_times import MOST_WAIT_LIMITS, MOST_WAIT_SECONDS, RING_LIMITS, RING_SECONDS
from callcenter.pbx.errors import PlanRefused

_NAME = re.compile(r"[a-z0-9-]{1,32}")
_AGENT_NUMBER = re.compile(r"[1-9][0-9]{2,5}")
_LINE_NUMBER = re.compile(r"[0-9]{3,12}")
_HOUSEHOLD_NUMBER = re.compile(r"[0-9]{5,15}")
_AREA_CODE = re.compile(r"0[1-9][0-9]{1,2}")
_SECRET = re.compile(r"[A-Za-z0-9]{16,64}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_DUTY_PHONE = re.compile(r"[0-9]{3,12}")
_PATH = re.compile(r"/[^\x00-\x1f\x7f;,|&$`\"'<>()\[\]{}\\=]{1,250}")


@dataclass(frozen=True, kw_only=True)
class PbxPorts:
    """All on 127.0.0.1. `agi` is where our IVR listens, `carrier` where the demo network's phones listen."""

    sip: int
    ami: int
    http: int
    agi: int
    carrier: int
    rtp_start: int
    rtp_end: int

    def __post_init__(self) -> None:
        for name in ("sip", "ami", "http", "agi", "carrier", "rtp_start", "rtp_end"):
            _within(f"ports.{name}", getattr(self, name), 1024, 65535)
        if self.rtp_end - self.rtp_start < 19:
            raise PlanRefused("ports.rtp_end", "fewer than 20 ports for speech")


@dataclass(frozen=True, kw_only=True)
class AgentEndpoint:
    """A SIP device of an agent; `number` is account name, extension and MemberName at once."""

    number: str
    name: str
    secret: str = field(repr=False)
    web_secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _matches("agent.number", self.number, _AGENT_NUMBER)
        _matches("agent.name", self.name, _NAME)
        _matches("agent.secret", self.secret, _SECRET)
        if self.web_secret is not None:
            _matches("agent.web_secret", self.web_secret, _SECRET)


@dataclass(frozen=True, kw_only=True)
class HouseholdEndpoint:
    """A demo SIP account that comes in as a household: any SIP phone can so call the hotline."""

    number: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        _matches("household.number", self.number, _HOUSEHOLD_NUMBER)
        _matches("household.secret", self.secret, _SECRET)


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One queue. Times in seconds.

    timeout: how long one agent rings; retry: pause before the next agent; wrapuptime: the guard rail
    behind our own wrap-up pause (it only matters when the service is down); max_wait_seconds: after it
    the duty phone rings, then the caller may leave a message; penalty_members_limit: with fewer agents than
    this, skill levels (penalties) are ignored; 0 = never. duty_phone: rung when nobody serves the queue, an
    agent's number or a number of the city; None = there is none.
    """

    name: str
    language: str = "zh"
    timeout: int = RING_SECONDS
    retry: int = 1
    wrapuptime: int = 5
    max_wait_seconds: int = MOST_WAIT_SECONDS
    penalty_members_limit: int = 0
    duty_phone: str | None = None

    def __post_init__(self) -> None:
        _matches("queue.name", self.name, _NAME)
        _matches("queue.language", self.language, _LANGUAGE)
        _within("queue.timeout", self.timeout, *RING_LIMITS)
        _within("queue.retry", self.retry, 0, 60)
        _within("queue.wrapuptime", self.wrapuptime, 0, 3600)
        _within("queue.max_wait_seconds", self.max_wait_seconds, *MOST_WAIT_LIMITS)
        _within("queue.penalty_members_limit", self.penalty_members_limit, 0, 1000)
        if self.duty_phone is not None:
            _matches("queue.duty_phone", self.duty_phone, _DUTY_PHONE)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A dialled number of the hotline and the queue its callers reach when the IVR names none."""

    number: str
    queue: str

    def __post_init__(self) -> None:
        _matches("line.number", self.number, _LINE_NUMBER)
        _matches("line.queue", self.queue, _NAME)


@dataclass(frozen=True, kw_only=True)
class PbxSecrets:
    """Of the manager users. `tracer` (all rights) exists in tests only."""

    ami: str = field(repr=False)
    ami_system: str = field(repr=False)
    tracer: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _matches("secrets.ami", self.ami, _SECRET)
        _matches("secrets.ami_system", self.ami_system, _SECRET)
        if self.tracer is not None:
            _matches("secrets.tracer", self.tracer, _SECRET)


@dataclass(frozen=True, kw_only=True)
class PbxPlan:
    """Everything that differs from one PBX to another. Raises PlanRefused with the field's name.

    sounds_dir: folder with zh/hotline/*.wav (None = the checkout's own). area_code and fixed_digits: of the
    city's fixed numbers. voicemail_silence, voicemail_most: seconds of silence that end a message, and how long one
    may be.
    """

    name: str
    ports: PbxPorts
    secrets: PbxSecrets
    agents: tuple[AgentEndpoint, ...] = ()
    queues: tuple[QueueRow, ...] = ()
    households: tuple[HouseholdEndpoint, ...] = ()
    lines: tuple[Line, ...] = ()
    sounds_dir: Path | None = None
    area_code: str = "0991"
    fixed_digits: int = duty_phone.FIXED_DIGITS
    voicemail_silence: int = 5
    voicemail_most: int = 120

    def __post_init__(self) -> None:
        _matches("name", self.name, _NAME)
        _matches("area_code", self.area_code, _AREA_CODE)
        _within("fixed_digits", self.fixed_digits, 7, 8)
        _within("voicemail_silence", self.voicemail_silence, 1, 30)
        _within("voicemail_most", self.voicemail_most, 5, 120)
        _unique("agents", [agent.number for agent in self.agents])
        _unique("queues", [queue.name for queue in self.queues])
        _unique("lines", [line.number for line in self.lines])
        # Agents and households are both SIP accounts, lines and agents both extensions.
        _unique(
            "households",
            [*[agent.number for agent in self.agents], *[household.number for household in self.households]],
        )
        _unique("lines", [*[line.number for line in self.lines], *[agent.number for agent in self.agents]])
        if not self.lines or not self.queues:
            raise PlanRefused("lines", "a PBX needs at least one line and one queue")
        if unknown := {line.queue for line in self.lines} - {queue.name for queue in self.queues}:
            raise PlanRefused("line.queue", f"no such queue: {', '.join(sorted(unknown))}")
        self._check_duty_phones()
        if self.sounds_dir is not None:
            check_path("sounds_dir", self.sounds_dir)

    def _check_duty_phones(self) -> None:
        for queue in self.queues:
            number = queue.duty_phone
            if number is None or self.is_seat(number):
                continue
            if not duty_phone.is_city_number(number, area_code=self.area_code, fixed_digits=self.fixed_digits):
                raise PlanRefused(
                    "queue.duty_phone", "not an agent's number, a mobile or a fixed number of this city"
                )

    def is_seat(self, number: str) -> bool:
        """Whether an agent's own device has this number."""
        return any(agent.number == number for agent in self.agents)


def check_path(name: str, path: Path) -> None:
    """A folder that is written into configuration: absolute, no sign that Asterisk reads as syntax."""
    if not _PATH.fullmatch(str(path)):
        raise PlanRefused(name, "the path holds a sign that Asterisk's configuration would misread")


def _matches(name: str, value: str, pattern: re.Pattern[str]) -> None:
    # fullmatch, as `$` would let a final line feed through.
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise PlanRefused(name, f"must match {pattern.pattern}")


def _within(name: str, value: int, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise PlanRefused(name, f"must be a whole number from {low} to {high}")


def _unique(name: str, values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise PlanRefused(name, "a number or name stands twice")
