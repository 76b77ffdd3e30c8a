"""Signing in and out as a browser does it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcenter.auth import users
from callcenter.auth.models import SignInFailure
from callcenter.auth.permissions import Role
from callcenter.foundation.audit import AuditRow
from tests.integration.conftest import ORIGIN, PASSWORD, Service, add_user

SIGN_IN = "/api/v1/auth/sign-in"
ME = "/api/v1/auth/me"


def form(password: str = PASSWORD, username: str = "gulnar") -> dict[str, str]:
    return {"username": username, "password": password}


async def test_the_right_password_opens_a_session_that_scripts_and_other_sites_cannot_use(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    browser = await service.browser()
    answer = await browser.post(SIGN_IN, json=form())
    assert (answer.status_code, answer.json()["username"], answer.json()["roles"]) == (200, "gulnar", ["agent"])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("cc_session=")
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= flags
    assert (await browser.get(ME)).json()["username"] == "gulnar"


async def test_capitals_and_blanks_around_the_name_do_not_matter(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    browser = await service.browser()
    assert (await browser.post(SIGN_IN, json=form(username=" GulNar "))).status_code == 200


async def test_over_https_the_cookie_stays_on_https(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    browser = await service.browser()
    secure = ORIGIN.replace("http:", "https:")
    answer = await browser.post(secure + SIGN_IN, json=form(), headers={"Origin": secure})
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_ten_wrong_passwords_are_refused_then_slowed_down_in_the_reader_s_language(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    browser = await service.browser()
    answers = [await browser.post(SIGN_IN, json=form("wrong password")) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 5
    assert {answer.json()["code"] for answer in answers[:5]} == {"wrong_credentials"}
    assert all("set-cookie" not in answer.headers for answer in answers)
    seconds = answers[-1].json()["params"]["retry_after_seconds"]
    assert answers[-1].headers["retry-after"] == str(seconds)
    assert 0 < seconds <= 31
    titles = {}
    for locale in ("zh-CN", "ug", "en"):
        answer = await browser.post(SIGN_IN, json=form(), headers={"Accept-Language": locale})
        assert answer.status_code == 429, "even the right password has to wait"
        assert answer.headers["content-type"] == "application/problem+json"
        titles[locale] = answer.json()["title"]
    assert titles["zh-CN"] == f"试得太多，{seconds} 秒后再试"
    assert titles["en"] == f"Too many attempts; try again in {seconds} seconds"
    assert str(seconds) in titles["ug"]
    assert len(set(titles.values())) == 3


async def test_after_the_wait_the_right_password_is_good_again_and_clears_the_count(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    browser = await service.browser()
    for _ in range(5):
        await browser.post(SIGN_IN, json=form("wrong password"))
    service.clock.advance(timedelta(seconds=31))
    assert (await browser.post(SIGN_IN, json=form())).status_code == 200
    answers = [await browser.post(SIGN_IN, json=form("wrong password")) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {401}


async def test_one_guesser_does_not_slow_down_another_name(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    await add_user(service.ledger, "liwei", Role.AGENT)
    browser = await service.browser()
    for _ in range(6):
        await browser.post(SIGN_IN, json=form("wrong password"))
    assert (await browser.post(SIGN_IN, json=form(username="liwei"))).status_code == 200


async def test_forty_failures_from_one_address_slow_that_address_down(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    async with service.ledger.transaction() as tx:
        from callcenter.auth import throttling

        for n in range(40):
            throttling.note_attempt(tx, username=f"guess{n}", origin="10.0.0.9")
    guesser, colleague = await service.browser("10.0.0.9"), await service.browser("10.0.0.10")
    assert (await guesser.post(SIGN_IN, json=form())).status_code == 429
    assert (await colleague.post(SIGN_IN, json=form())).status_code == 200


async def test_a_whole_shift_can_sign_in_from_one_address(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    browser = await service.browser()
    assert (await browser.post(SIGN_IN, json=form())).status_code == 200
    async with service.ledger.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignInFailure)) == 0


async def test_an_unknown_name_is_answered_like_a_wrong_password(service: Service) -> None:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    browser = await service.browser()
    wrong = await browser.post(SIGN_IN, json=form("wrong password"))
    unknown = await browser.post(SIGN_IN, json=form(username="nobody"))
    assert (unknown.status_code, unknown.json()) == (wrong.status_code, wrong.json())


@pytest.mark.parametrize("name", ["' OR 1=1 --", "a\x00b", "گۈلنار", "x" * 60, "\u202egulnar", "%", "gulnar\x00"])
async def test_hostile_names_are_wrong_and_break_nothing(service: Service, name: str) -> None:
    browser = await service.browser()
    assert (await browser.post(SIGN_IN, json=form(username=name))).status_code == 401


@pytest.mark.parametrize(
    "body", ["{}", "[]", "null", '{"username":1,"password":[]}', '{"username":"\\ud800","password":"x"}']
)
async def test_a_form_that_is_none_is_refused(service: Service, body: str) -> None:
    browser = await service.browser()
    answer = await browser.post(SIGN_IN, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(service: Service) -> None:
    browser = await service.signed_in("gulnar", Role.AGENT)
    stolen = await service.browser()
    stolen.cookies.set("cc_session", browser.cookies["cc_session"])
    assert (await stolen.get(ME)).status_code == 200
    assert (await browser.post("/api/v1/auth/sign-out")).status_code == 204
    assert "cc_session" not in browser.cookies
    assert (await stolen.get(ME)).status_code == 401


async def test_a_session_ends_by_itself_after_its_hours(service: Service) -> None:
    browser = await service.signed_in("gulnar", Role.AGENT)
    service.clock.advance(timedelta(hours=service.settings.session_hours, seconds=-1))
    assert (await browser.get(ME)).status_code == 200
    service.clock.advance(timedelta(seconds=1))
    assert (await browser.get(ME)).json()["code"] == "not_signed_in"


async def test_a_new_password_shuts_out_whoever_has_the_old_one(service: Service) -> None:
    browser = await service.signed_in("gulnar", Role.AGENT)
    await users.set_password(service.ledger, username="gulnar", password="a new long password", actor="user:admin")
    assert (await browser.get(ME)).status_code == 401
    again = await service.browser()
    assert (await again.post(SIGN_IN, json=form())).status_code == 401
    assert (await again.post(SIGN_IN, json=form("a new long password"))).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://desk.test.evil.test", "file://", "http://desk.test:81"]
)
async def test_another_site_cannot_make_a_browser_act(service: Service, origin: str) -> None:
    browser = await service.signed_in("gulnar", Role.AGENT, seat="1001")
    foreign = {"Origin": origin}
    for method, path in (("POST", "/api/v1/auth/sign-out"), ("PUT", "/api/v1/desk/presence"), ("POST", SIGN_IN)):
        answer = await browser.request(method, path, json=form(), headers=foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), path
    assert (await browser.get(ME)).status_code == 200, "the session has not suffered"


async def test_a_configured_origin_is_one_of_ours(service: Service) -> None:
    service.settings.public_origins.append("https://hotline.example")
    browser = await service.signed_in("gulnar", Role.AGENT)
    answer = await browser.post("/api/v1/auth/sign-out", headers={"Origin": "https://hotline.example"})
    assert answer.status_code == 204


async def test_every_sign_in_and_failure_is_written_down(service: Service) -> None:
    browser = await service.signed_in("gulnar", Role.AGENT)
    await browser.post(SIGN_IN, json=form("wrong password"))
    await browser.post("/api/v1/auth/sign-out")
    async with service.ledger.reading() as session:
        rows = list(await session.scalars(select(AuditRow).order_by(AuditRow.id)))
    assert [(row.action, row.origin) for row in rows] == [
        ("auth.signed_in", "10.0.0.1"),
        ("auth.sign_in_failed", "10.0.0.1"),
        ("auth.signed_out", None),
    ]
    assert PASSWORD not in repr([row.data for row in rows])


async def test_no_password_and_no_cookie_is_kept_as_it_is(service: Service) -> None:
    from callcenter.auth.models import Session, User

    browser = await service.signed_in("gulnar", Role.AGENT)
    async with service.ledger.reading() as session:
        [row] = await session.scalars(select(Session))
        [user] = await session.scalars(select(User))
    assert browser.cookies["cc_session"] not in (row.id, row.token_hash)
    assert user.password_hash.startswith("$argon2id$")


async def test_a_huge_body_is_refused_before_anybody_is_asked_for(service: Service) -> None:
    browser = await service.browser()
    for path in ("/api/v1/auth/sign-in", "/api/v1/work-orders", "/nowhere"):
        answer = await browser.post(path, content=b'{"username": "' + b"x" * 300_000 + b'"}')
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large"), path
