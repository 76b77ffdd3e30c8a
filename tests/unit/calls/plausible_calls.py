"""A small make-believe PBX: plausible calls, several at once, and what it would show when asked.

It speaks `calls.events` as translated from the AMI, in the order and at the intervals seen in the recordings. The
dice decide what happens; what really happened is kept beside, for tests that know better than the machine.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from callcenter.calls import events as e
from callcenter.calls.live_lines import LiveLine, LiveWait

PBX = "a"
BEGIN = datetime(2026, 11, 23, 2, 24, tzinfo=UTC)
NORMAL, BUSY, NO_ANSWER, REJECTED = 16, 17, 19, 21
AGENTS = ("1001", "1002", "1003", "1004")
DOWN, RINGING, UP = 0, 5, 6


@dataclass
class Leg:
    """One line of the PBX."""

    uniqueid: str
    linkedid: str
    channel: str
    number: str
    born: datetime
    state: int
    called: bool
    bridge: str = ""


@dataclass
class Truth:
    """What really happened in one call."""

    linkedid: str
    talked_with: list[str] = field(default_factory=list)
    visits: int = 0
    rings: int = 0
    keys: int = 0
    holds: int = 0
    over: bool = False


@dataclass
class Call:
    """One call under way."""

    caller: Leg
    truth: Truth
    queue: str = ""
    joined: datetime = BEGIN
    ringing: Leg | None = None
    agent: Leg | None = None
    held: bool = False
    colleague: Leg | None = None
    second: Leg | None = None
    colleague_up: bool = False


class MakeBelievePbx:
    """`step` lets something happen; `events` is all that was said, `moments` what was live after each event."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.now = BEGIN
        self.events: list[e.OnLine] = []
        self.pictures: list[tuple[list[LiveLine], list[LiveWait]]] = []
        self.calls: list[Call] = []
        self.truths: list[Truth] = []
        self.lines: dict[str, Leg] = {}
        self._count = 0

    # ---- saying ----

    def _wait(self, most_ms: int) -> None:
        self.now += timedelta(microseconds=self.dice.randrange(100, most_ms * 1000))

    def _say(self, event: Callable[..., e.OnLine], leg: Leg, *values: object) -> None:
        self.now += timedelta(microseconds=self.dice.randrange(30, 900))
        self.events.append(event(PBX, self.now, leg.uniqueid, leg.linkedid, leg.channel, *values))
        self.pictures.append((self.shown_lines(), self.shown_waits()))

    def shown_lines(self) -> list[LiveLine]:
        """As CoreShowChannels: whole seconds."""
        return [
            LiveLine(
                leg.uniqueid, leg.linkedid, leg.channel, leg.state, leg.number, "", "s",
                "AppQueue" if leg.called else "Queue", leg.bridge, float(int((self.now - leg.born).total_seconds())),
            )
            for leg in self.lines.values()
        ]  # fmt: skip

    def shown_waits(self) -> list[LiveWait]:
        """As QueueStatus: whole seconds."""
        return [
            LiveWait(
                call.caller.uniqueid, call.caller.channel, call.queue, 1, call.caller.number,
                float(int((self.now - call.joined).total_seconds())),
            )
            for call in self.calls
            if call.queue
        ]  # fmt: skip

    def _new_line(self, device: str, number: str, linkedid: str = "", *, called: bool) -> Leg:
        self._count += 1
        uniqueid = f"a-{int(self.now.timestamp())}.{self._count}"
        channel = f"PJSIP/{device}-{self._count:08x}"
        leg = Leg(uniqueid, linkedid or uniqueid, channel, number, self.now, DOWN if called else 4, called)
        self.lines[uniqueid] = leg
        self._say(e.LineAppeared, leg, not called, number, "", "s" if called else "96365", "")
        return leg

    def _end_line(self, leg: Leg, cause: int) -> None:
        self._leave(leg)
        self.lines.pop(leg.uniqueid, None)
        self._say(e.LineEnded, leg, cause)

    def _enter(self, leg: Leg, bridge: str) -> None:
        leg.bridge = bridge
        self._say(e.BridgeEntered, leg, bridge)

    def _leave(self, leg: Leg) -> None:
        if leg.bridge:
            bridge, leg.bridge = leg.bridge, ""
            self._say(e.BridgeLeft, leg, bridge)

    def _free_agent(self) -> str:
        busy = {leg.channel.rpartition("-")[0] for leg in self.lines.values()}
        free = [number for number in AGENTS if f"PJSIP/{number}" not in busy]
        return self.dice.choice(free) if free else ""

    # ---- happening ----

    def step(self) -> None:
        """Something plausible happens to one of the calls, or a new one begins."""
        self._wait(self.dice.choice([20, 400, 3000]))
        going = [call for call in self.calls if not call.truth.over]
        if not going or (len(going) < 3 and self.dice.random() < 0.15):
            self.dice.choice([self.arrive, self.arrive, self.arrive, self.call_back])()
            return
        call = self.dice.choice(going)
        self.dice.choice(self._moves(call))(call)
        self.calls = [call for call in self.calls if not call.truth.over]

    def finish(self) -> None:
        """Everybody hangs up."""
        for call in self.calls:
            self.caller_hangs_up(call)
        self.calls = []

    def _moves(self, call: Call) -> list[Callable[[Call], None]]:
        if call.colleague is not None:
            return [self.consult_on, self.consult_on, self.caller_hangs_up]
        if call.agent is not None:
            return [
                self.hold_or_resume, self.hold_or_resume, self.consult, self.blind_transfer, self.redirect,
                self.agent_hangs_up, self.caller_hangs_up,
            ]  # fmt: skip
        if call.ringing is not None:
            return [self.answer, self.answer, self.rings_out, self.refuses, self.caller_hangs_up]
        if call.queue:
            return [self.ring, self.ring, self.ring, self.queue_times_out, self.caller_hangs_up]
        return [self.key, self.join, self.join, self.refused, self.asks_call_back, self.leaves_message,
                self.caller_hangs_up]  # fmt: skip

    def arrive(self) -> None:
        caller = self._new_line("trunk", f"1380000{self._count:04}", called=False)
        self._begin(caller)
        caller.state = UP
        self._say(e.LineAnswered, caller, caller.number, "96365")

    def call_back(self) -> None:
        """The household first, then the queue."""
        caller = self._new_line("trunk", f"1390000{self._count:04}", called=True)
        self._begin(caller)
        self._say(e.DialBegan, caller, "", "", caller.number)
        self._wait(3000)
        if self.dice.random() < 0.3:
            self._say(e.DialEnded, caller, "NOANSWER")
            self._end_line(caller, NO_ANSWER)
            self.calls[-1].truth.over = True
            self.calls.pop()
            return
        caller.state = UP
        self._say(e.LineAnswered, caller, caller.number, "s")
        self._say(e.DialEnded, caller, "ANSWER")

    def _begin(self, caller: Leg) -> None:
        truth = Truth(caller.linkedid)
        self.truths.append(truth)
        self.calls.append(Call(caller, truth))

    def key(self, call: Call) -> None:
        call.truth.keys += 1
        self.now += timedelta(milliseconds=60)  # twice within 50 ms would be one step told twice
        self._say(e.IvrKeyPressed, call.caller, "main_menu", self.dice.choice(["1", "2", "timeout"]))

    def join(self, call: Call) -> None:
        self.now += timedelta(milliseconds=60)  # as in `key`
        self._say(e.RecordingBegan, call.caller)
        call.truth.visits += 1
        call.queue, call.joined = self.dice.choice(["hotline-zh", "hotline-ug"]), self.now
        self._say(e.CallerJoinedQueue, call.caller, call.queue, 1, call.caller.number)

    def refused(self, call: Call) -> None:
        call.truth.visits += 1
        self._say(e.QueueClosed, call.caller, "hotline-zh", "JOINEMPTY", True)
        self._wait(1500)
        self.now += timedelta(seconds=1)  # twice within a second would be one refusal told twice

    def asks_call_back(self, call: Call) -> None:
        self._say(e.CallbackAsked, call.caller, "hotline-zh")

    def leaves_message(self, call: Call) -> None:
        self._say(e.VoicemailRecorded, call.caller)

    def queue_times_out(self, call: Call) -> None:
        queue, call.queue = call.queue, ""
        self._say(e.CallerAbandonedQueue, call.caller, queue)
        self._say(e.CallerLeftQueue, call.caller, queue)
        self._say(e.QueueClosed, call.caller, queue, "TIMEOUT", False)

    def ring(self, call: Call) -> None:
        number = self._free_agent()
        if not number:
            return
        call.truth.rings += 1
        leg = call.ringing = self._new_line(number, number, call.caller.linkedid, called=True)
        leg.state = RINGING
        self._say(e.AgentCalled, call.caller, call.queue, f"PJSIP/{number}", number, leg.uniqueid, leg.channel)
        self._say(e.DialBegan, leg, call.caller.uniqueid, call.caller.channel, number)

    def _offer(self, call: Call, leg: Leg) -> tuple[str, str, str, str, str]:
        device = leg.channel.rpartition("-")[0]
        return call.queue, device, device[-4:], leg.uniqueid, leg.channel

    def rings_out(self, call: Call) -> None:
        leg, call.ringing = call.ringing, None
        assert leg is not None
        self._say(e.AgentRingEnded, call.caller, *self._offer(call, leg), 15000)
        self._say(e.DialEnded, leg, "NOANSWER")
        self._end_line(leg, NORMAL)

    def refuses(self, call: Call) -> None:
        leg, call.ringing = call.ringing, None
        assert leg is not None
        self._say(e.AgentRingEnded, call.caller, *self._offer(call, leg), 0)
        self._say(e.DialEnded, leg, "NOANSWER")
        self._end_line(leg, self.dice.choice([BUSY, REJECTED]))

    def answer(self, call: Call) -> None:
        leg, call.ringing = call.ringing, None
        assert leg is not None
        leg.state, queue = UP, call.queue
        self._say(e.LineAnswered, leg, leg.number, "s")
        self._say(e.DialEnded, leg, "ANSWER")
        offer = self._offer(call, leg)
        call.queue = ""
        self._say(e.CallerLeftQueue, call.caller, queue)
        self._say(e.AgentConnected, call.caller, *offer)
        self._talk(call, leg, f"bridge-{self._count}-{len(call.truth.talked_with)}")

    def _talk(self, call: Call, leg: Leg, bridge: str) -> None:
        self._enter(leg, bridge)
        call.truth.talked_with.append(leg.channel.rpartition("-")[0])
        self._enter(call.caller, bridge)
        call.agent, call.held = leg, False

    def hold_or_resume(self, call: Call) -> None:
        assert call.agent is not None
        self._say(e.LineResumed if call.held else e.LineHeld, call.agent)
        call.truth.holds += not call.held
        call.held = not call.held

    def consult(self, call: Call) -> None:
        """The agent's phone calls a colleague on a line of its own."""
        number = self._free_agent()
        if not number or call.agent is None:
            return
        if not call.held:
            self.hold_or_resume(call)
        agent = call.agent.channel.rpartition("-")[0].rpartition("/")[2]
        second = self._new_line(agent, agent, called=False)
        call.colleague = self._new_line(number, number, second.linkedid, called=True)
        call.colleague.state = RINGING
        self._say(e.DialBegan, call.colleague, second.uniqueid, second.channel, number)
        call.colleague_up = False
        call.second = second

    def consult_on(self, call: Call) -> None:
        colleague, second, agent = call.colleague, call.second, call.agent
        assert colleague is not None
        assert agent is not None
        if not call.colleague_up and self.dice.random() < 0.7:
            colleague.state = second.state = UP
            call.colleague_up = True
            self._say(e.DialEnded, colleague, "ANSWER")
            bridge = f"consult-{self._count}"
            self._enter(colleague, bridge)
            self._enter(second, bridge)
        elif call.colleague_up and self.dice.random() < 0.6:
            self._join_calls(call, agent, second, colleague)
        else:
            self._hang_up_consult(call)
            self.hold_or_resume(call)

    def _join_calls(self, call: Call, agent: Leg, second: Leg, colleague: Leg) -> None:
        bridge = call.caller.bridge
        ids = (second.uniqueid, second.linkedid, call.caller.uniqueid, colleague.uniqueid, colleague.channel)
        self._say(e.AttendedTransferred, agent, *ids, "", True)
        self._leave(colleague)
        self._enter(colleague, bridge)
        call.truth.talked_with.append(colleague.channel.rpartition("-")[0])
        colleague.linkedid = call.caller.linkedid
        self._end_line(agent, NORMAL)
        self._end_line(second, NORMAL)
        call.agent, call.colleague, call.held = colleague, None, False

    def _hang_up_consult(self, call: Call) -> None:
        if call.colleague is not None:
            second = call.second
            if not call.colleague_up:
                self._say(e.DialEnded, call.colleague, "CANCEL")
            self._end_line(call.colleague, NORMAL)
            self._end_line(second, NORMAL)
            call.colleague = None

    def blind_transfer(self, call: Call) -> None:
        number, agent = self._free_agent(), call.agent
        if not number or agent is None:
            return
        if call.held:
            self.hold_or_resume(call)
        self._say(e.BlindTransferred, agent, call.caller.uniqueid, number, True)
        self._to_another(call, agent, number)

    def redirect(self, call: Call) -> None:
        """By AMI: nothing tells of it."""
        number, agent = self._free_agent(), call.agent
        if number and agent is not None:
            self._to_another(call, agent, number)

    def _to_another(self, call: Call, agent: Leg, number: str) -> None:
        self._leave(call.caller)
        self._end_line(agent, NORMAL)
        call.agent = None
        leg = self._new_line(number, number, call.caller.linkedid, called=True)
        leg.state = RINGING
        call.truth.rings += 1
        self._say(e.DialBegan, leg, call.caller.uniqueid, call.caller.channel, number)
        self._wait(3000)
        if self.dice.random() < 0.7:
            leg.state = UP
            self._say(e.DialEnded, leg, "ANSWER")
            self._talk(call, leg, f"bridge-{self._count}-t")
        else:
            self._say(e.DialEnded, leg, "NOANSWER")
            self._end_line(leg, NO_ANSWER)

    def agent_hangs_up(self, call: Call) -> None:
        assert call.agent is not None
        self._say(e.HangupAsked, call.agent, False, NORMAL)
        self._end_line(call.agent, NORMAL)
        call.agent = None
        self._leave(call.caller)
        self._say(e.HangupAsked, call.caller, True, NORMAL)
        self._gone(call)

    def caller_hangs_up(self, call: Call) -> None:
        self._say(e.HangupAsked, call.caller, False, NORMAL)
        if call.ringing is not None:
            self._say(e.DialEnded, call.ringing, "CANCEL")
            self._end_line(call.ringing, NORMAL)
        if call.queue:
            queue, call.queue = call.queue, ""
            self._say(e.CallerAbandonedQueue, call.caller, queue)
            self._say(e.CallerLeftQueue, call.caller, queue)
        self._hang_up_consult(call)
        if call.agent is not None:
            self._end_line(call.agent, NORMAL)
        self._gone(call)

    def _gone(self, call: Call) -> None:
        self._end_line(call.caller, NORMAL if call.truth.talked_with else 0)
        call.truth.over = True


def history(dice: random.Random, steps: int) -> MakeBelievePbx:
    """A PBX after that many steps, with everybody gone."""
    pbx = MakeBelievePbx(dice)
    for _ in range(steps):
        pbx.step()
    pbx.finish()
    return pbx
