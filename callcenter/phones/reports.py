"""What a finished call looked like, for people and for tests."""

from dataclasses import asdict, dataclass
from pathlib import Path

from callcenter.phones.call import Call
from callcenter.phones.happenings import Happening, Side, What


@dataclass(frozen=True)
class CallReport:
    """Seconds count from the INVITE. `code` is the final SIP code (200 answered, 408 no answer at all).

    heard_seconds: how much of what came in was sound; packets are RTP; keys_heard are digits pressed over there.
    """

    number: str
    code: int
    ended_by: Side | None
    rang_after: float | None
    answered_after: float | None
    seconds: float
    talk_seconds: float
    packets_in: int
    packets_out: int
    packets_lost: int
    heard_seconds: float
    keys_heard: str
    timeline: tuple[Happening, ...]

    @property
    def answered(self) -> bool:
        return self.answered_after is not None

    def as_json(self) -> dict[str, object]:
        """Plain values for json.dumps."""
        return asdict(self)


def report_on(call: Call, number: str, recording: Path | None = None) -> CallReport:
    """Sum up a call that is over; writes what was heard to `recording` when given."""
    if recording is not None:
        call.media.recording.save(recording)
    answered, ended = call.seconds_of(What.ANSWERED), call.seconds_of(What.ENDED) or 0.0
    return CallReport(
        number=number,
        code=call.code,
        ended_by=call.ended_by,
        rang_after=call.seconds_of(What.RINGING),
        answered_after=answered,
        seconds=ended,
        talk_seconds=ended - answered if answered is not None else 0.0,
        packets_in=call.media.packets_in,
        packets_out=call.media.packets_out,
        packets_lost=call.media.packets_lost,
        heard_seconds=call.media.recording.loud_seconds(),
        keys_heard=call.media.digits_in,
        timeline=tuple(call.timeline),
    )
