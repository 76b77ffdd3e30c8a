"""What Twilio's error answers mean for a text."""

import pytest

from callcenter.sms.ports import OutcomeUnknown, Rejected, SmsFailure, Throttled, Unreachable
from callcenter.sms.sending import delay_seconds
from callcenter.sms.twilio_gateway import failure_of


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, 20429, Throttled),
        (429, None, Throttled),
        (400, 63017, Throttled),
        (400, 21611, Throttled),
        (400, 30001, Throttled),
        (400, 21211, Rejected),
        (400, 21614, Rejected),
        (400, 21635, Rejected),
        (400, 21610, Rejected),
        (400, 14107, Rejected),
        (400, None, Rejected),
        (401, 20003, Unreachable),
        (403, None, Unreachable),
        (404, 20404, Unreachable),
        (500, 20500, OutcomeUnknown),
        (503, None, OutcomeUnknown),
    ],
)
def test_each_code_has_its_branch(status: int, code: int | None, kind: type[SmsFailure]) -> None:
    assert type(failure_of(status, code)) is kind


def test_tries_are_spaced_out_and_a_full_sender_rests() -> None:
    assert [delay_seconds(n, Unreachable("x")) for n in (1, 2, 3)] == [15, 30, 60]
    assert delay_seconds(20, Unreachable("x")) == 1800
    full = failure_of(400, 21611)
    assert delay_seconds(1, full) == 600
