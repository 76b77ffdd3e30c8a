"""One contract for every gateway, and Twilio's wire shape."""

import socket
from collections.abc import Callable

import pytest

from callcenter.foundation.settings import Settings
from callcenter.sms.console_gateway import ConsoleGateway
from callcenter.sms.gateways import gateway_of
from callcenter.sms.ports import OutcomeUnknown, Rejected, SmsFailure, SmsGateway, Throttled, Unreachable
from callcenter.sms.twilio_gateway import TwilioAccount, TwilioGateway
from tests.integration.sms.conftest import ACCOUNT, SENDER, TOKEN, TwilioServer

TO, TEXT = "+8613899886021", "【家政】工单已受理：暖气漏水 + 100% & 空格 👵🏻 قۇربان"


def to_twilio(url: str, *, token: str = TOKEN, timeout: float = 5.0) -> TwilioGateway:
    return TwilioGateway(TwilioAccount(ACCOUNT, token, SENDER, base_url=url, timeout_seconds=timeout))


@pytest.mark.parametrize(
    "make", [lambda url: to_twilio(url), lambda url: ConsoleGateway()], ids=["twilio", "console"]
)
async def test_a_gateway_takes_texts_and_names_them(make: Callable[[str], SmsGateway], twilio: TwilioServer) -> None:
    gateway = make(twilio.url)
    first = await gateway.send(to=TO, text=TEXT, reference="one")
    second = await gateway.send(to=TO, text=TEXT, reference="two")
    assert first.provider_id
    assert first.provider_id != second.provider_id
    assert gateway.name in ("twilio", "console")


async def test_twilio_gets_the_form_it_documents(twilio: TwilioServer) -> None:
    await to_twilio(twilio.url).send(to=TO, text=TEXT, reference="r")
    assert twilio.requests == [
        {
            "path": f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
            "user": f"{ACCOUNT}:{TOKEN}",
            "To": TO,
            "From": SENDER,
            "Body": TEXT,
        }
    ]


@pytest.mark.parametrize(
    ("answer", "failure", "code"),
    [
        ((429, 20429), Throttled, "20429"),
        ((400, 21614), Rejected, "21614"),
        ((400, 21610), Rejected, "21610"),
        ((500, 20500), OutcomeUnknown, "20500"),
        ((401, 20003), Unreachable, "20003"),
    ],
)
async def test_an_error_answer_keeps_its_code(
    twilio: TwilioServer, answer: tuple[int, int], failure: type[SmsFailure], code: str
) -> None:
    twilio.answers = [answer]
    with pytest.raises(failure) as raised:
        await to_twilio(twilio.url).send(to=TO, text=TEXT, reference="r")
    assert raised.value.code == code
    assert len(twilio.requests) == 1, "never sent a second time by itself"


@pytest.mark.parametrize("fault", ["hang", "drop"])
async def test_a_send_that_breaks_off_may_have_been_sent(twilio: TwilioServer, fault: str) -> None:
    twilio.answers = [fault]
    with pytest.raises(OutcomeUnknown):
        await to_twilio(twilio.url, timeout=0.5).send(to=TO, text=TEXT, reference="r")
    assert len(twilio.requests) == 1


async def test_a_gateway_that_cannot_be_reached_has_sent_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        with pytest.raises(Unreachable):
            await to_twilio(f"http://127.0.0.1:{taken.getsockname()[1]}").send(to=TO, text=TEXT, reference="r")


async def test_a_wrong_token_is_no_refusal_of_the_text(twilio: TwilioServer) -> None:
    with pytest.raises(Unreachable):
        await to_twilio(twilio.url, token="wrong").send(to=TO, text=TEXT, reference="r")


async def test_the_console_shows_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    await ConsoleGateway().send(to=TO, text="你好", reference="r")
    shown = capsys.readouterr()
    assert "13899886021" not in shown.out + shown.err
    assert "138****6021" in shown.out + shown.err


def test_a_deployment_without_an_account_shows_its_texts() -> None:
    assert gateway_of(Settings()).name == "console"
    full = Settings.model_validate({"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_from": SENDER})
    assert gateway_of(full).name == "twilio"
