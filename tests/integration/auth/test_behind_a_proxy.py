"""Behind a reverse proxy: the people's address, a cookie for https only, and whose word on a client is believed."""

import httpx
import pytest
from sqlalchemy import select

from callcenter.auth.permissions import Role
from callcenter.foundation.audit import AuditRow
from tests.integration.conftest import PASSWORD, Service, add_user

FORM = {"username": "gulnar", "password": PASSWORD}


@pytest.fixture
async def browser(service: Service) -> httpx.AsyncClient:
    await add_user(service.ledger, "gulnar", Role.AGENT)
    return await service.browser("10.0.0.9")


async def noted(service: Service) -> str | None:
    async with service.ledger.reading() as session:
        rows = await session.scalars(select(AuditRow).order_by(AuditRow.id.desc()))
        return rows.first().origin  # type: ignore[union-attr]


async def sign_in(browser: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await browser.post("/api/v1/auth/sign-in", json=FORM, headers=headers)


async def test_the_public_address_is_ours_and_its_cookie_is_for_https(
    service: Service, browser: httpx.AsyncClient
) -> None:
    foreign = await sign_in(browser, Origin="https://desk.example")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_origin")
    assert "secure" not in (await sign_in(browser)).headers["set-cookie"].lower()
    service.settings.public_url = "https://desk.example/"
    answer = await sign_in(browser, Origin="https://desk.example")
    assert answer.status_code == 200
    assert "secure" in answer.headers["set-cookie"].lower()
    assert (await sign_in(browser, Origin="https://desk.example.evil.test")).status_code == 403


@pytest.mark.parametrize(
    ("trusted", "header", "origin"),
    [
        ([], "203.0.113.7", "10.0.0.9"),
        (["10.0.0.8"], "203.0.113.7", "10.0.0.9"),
        (["10.0.0.9"], "203.0.113.7", "203.0.113.7"),
        (["10.0.0.9"], "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        (["10.0.0.9"], "2001:db8::7", "2001:db8::7"),
        (["10.0.0.9"], "1.2.3.4, x'; --", "10.0.0.9"),
        (["10.0.0.9"], "", "10.0.0.9"),
    ],
)
async def test_only_a_trusted_proxy_s_last_hop_is_believed(
    service: Service, browser: httpx.AsyncClient, trusted: list[str], header: str, origin: str
) -> None:
    service.settings.trusted_proxies = trusted
    assert (await sign_in(browser, **{"X-Forwarded-For": header})).status_code == 200
    assert await noted(service) == origin
