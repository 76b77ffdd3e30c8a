"""Every route against every role: the table below is what is allowed, and nothing else is."""

import uuid

import httpx
import pytest
from pydantic import SecretStr

from callcenter.auth.permissions import Role
from tests.integration.conftest import Service

R = Role
NOBODY: frozenset[Role] = frozenset()
EVERYBODY = frozenset(Role) - {R.IVR}
DESKS = frozenset({R.AGENT, R.FOLLOW_UP, R.SUPERVISOR, R.COMPLAINTS})
CALLS = DESKS | {R.ADMINISTRATOR}
OFFICE = DESKS | {R.DISPATCHER, R.ZONE_MANAGER}
TAKES_ORDERS = OFFICE - {R.FOLLOW_UP}
PRICES = OFFICE | {R.FINANCE, R.ADMINISTRATOR}
PUBLIC, BY_ROW = "public", "by row"

ID = str(uuid.UUID(int=7))
ALLOWED: dict[tuple[str, str], frozenset[Role] | str] = {
    ("post", "/api/v1/auth/sign-in"): PUBLIC,
    ("post", "/api/v1/auth/sign-out"): EVERYBODY | {R.IVR},
    ("get", "/api/v1/auth/me"): EVERYBODY | {R.IVR},
    ("get", "/api/v1/messages/{locale}.json"): PUBLIC,
    ("get", "/healthz"): PUBLIC,
    ("get", "/readyz"): PUBLIC,
    ("get", "/metrics"): PUBLIC,
    ("get", "/api/v1/health"): frozenset({R.SUPERVISOR, R.ADMINISTRATOR}),
    ("get", "/api/v1/journeys"): CALLS,
    ("get", "/api/v1/journeys/{journey_id}"): CALLS,
    ("post", "/api/v1/journeys/{journey_id}/disposition"): DESKS,
    ("put", "/api/v1/journeys/{journey_id}/customer"): DESKS,
    ("put", "/api/v1/journeys/{journey_id}/draft"): BY_ROW,
    ("post", "/api/v1/journeys/{journey_id}/reveal"): BY_ROW,
    ("get", "/api/v1/recordings/{recording_id}/audio"): BY_ROW,
    ("get", "/api/v1/desk"): DESKS,
    ("put", "/api/v1/desk/presence"): DESKS,
    ("post", "/api/v1/desk/wrap-up/extend"): DESKS,
    ("post", "/api/v1/desk/answer"): DESKS,
    ("post", "/api/v1/desk/reject"): DESKS,
    ("post", "/api/v1/desk/hang-up"): DESKS,
    ("get", "/api/v1/tasks"): DESKS,
    ("post", "/api/v1/tasks/{task_id}/claim"): DESKS,
    ("post", "/api/v1/tasks/{task_id}/close"): DESKS,
    ("post", "/api/v1/tasks/{task_id}/reveal"): BY_ROW,
    ("get", "/api/v1/catalogue/items"): PRICES,
    ("post", "/api/v1/quotes"): PRICES,
    ("get", "/api/v1/zones/resolve"): PRICES,
    ("get", "/api/v1/wanted-time"): PRICES,
    ("get", "/api/v1/customers/{customer_id}"): OFFICE,
    ("post", "/api/v1/work-orders"): TAKES_ORDERS,
    ("get", "/api/v1/work-orders"): OFFICE,
    ("get", "/api/v1/work-orders/{id_or_number}"): OFFICE,
    ("post", "/api/v1/work-orders/{order_id}/commands"): BY_ROW,
    ("get", "/api/v1/ivr/caller"): frozenset({R.IVR}),
}
QUERY = {
    "/api/v1/ivr/caller": {"number": "13899886021"},
    "/api/v1/zones/resolve": {"text": "天山区"},
    "/api/v1/wanted-time": {"text": "明天下午", "clock": "beijing"},
    "/api/v1/catalogue/items": {"q": "保洁"},
}
BODY = {
    "/api/v1/desk/presence": {"state": "ready"},
    "/api/v1/journeys/{journey_id}/disposition": {"code": "enquiry_answered"},
    "/api/v1/journeys/{journey_id}/customer": {"customer_id": ID},
    "/api/v1/journeys/{journey_id}/draft": {"form": {}},
    "/api/v1/tasks/{task_id}/close": {"result": "reached"},
    "/api/v1/quotes": {"item_code": "x", "quantity": 1},
}
SIGN_OUT = ("post", "/api/v1/auth/sign-out")
UNSAFE = {"post", "put", "patch", "delete"}


async def ask(browser: httpx.AsyncClient, method: str, path: str, **headers: str) -> httpx.Response:
    address = path
    for name in ("journey_id", "task_id", "customer_id", "order_id", "id_or_number", "recording_id"):
        address = address.replace("{" + name + "}", ID.replace("-", "") if name == "recording_id" else ID)
    address = address.replace("{locale}", "en")
    body = BODY.get(path, {}) if method in UNSAFE else None
    return await browser.request(method, address, params=QUERY.get(path), json=body, headers=headers)


def routes_of(service: Service) -> set[tuple[str, str]]:
    paths = service.app.openapi()["paths"]
    return {(method, path) for path, methods in paths.items() for method in methods}


async def test_every_route_stands_in_the_table(service: Service) -> None:
    assert routes_of(service) == set(ALLOWED)


async def test_without_a_sign_in_only_the_public_routes_answer(service: Service) -> None:
    stranger = await service.browser()
    forged = await service.browser()
    forged.cookies.set("cc_session", "x" * 43)
    open_to_all = set()
    for route in ALLOWED:
        codes = {(await ask(browser, *route)).status_code for browser in (stranger, forged)}
        if codes != {401}:
            open_to_all.add(route)
    # the form of a sign-in is looked at first: it is no sign-in, which is 422
    assert open_to_all == {route for route, roles in ALLOWED.items() if roles == PUBLIC}


async def test_another_site_s_page_can_send_no_command(service: Service) -> None:
    browser = await service.signed_in("zhou", R.SUPERVISOR, seat="1004")
    for method, path in ALLOWED:
        if method in UNSAFE and path != "/api/v1/auth/sign-in":
            answer = await ask(browser, method, path, Origin="http://evil.test")
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin"), path


async def test_each_role_may_what_the_table_says(service: Service) -> None:
    refused: set[tuple[str, str, Role]] = set()
    wanted: set[tuple[str, str, Role]] = set()
    service.settings.ivr_token = SecretStr("a-token-of-the-menus")
    for role in Role:
        if role is R.IVR:
            browser = await service.browser()
            browser.headers["Authorization"] = "Bearer a-token-of-the-menus"
        else:
            browser = await service.signed_in(role.value, role)
        for route, roles in sorted(ALLOWED.items(), key=lambda entry: entry[0] == SIGN_OUT):
            if not isinstance(roles, frozenset):
                continue
            answer = await ask(browser, *route)
            assert answer.status_code < 500, (route, role, answer.text)
            assert answer.status_code != 401, (route, role)
            if answer.status_code == 403:
                refused.add((*route, role))
            if role not in roles:
                wanted.add((*route, role))
    assert refused - wanted == set(), "refused though allowed"
    assert wanted - refused == set(), "allowed though it should be refused"


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer wrong", "Bearer a-token", "Basic YTpi", "bearer a-token-of-the-menus"]
)
async def test_the_menus_token_is_the_whole_token(service: Service, header: str) -> None:
    service.settings.ivr_token = SecretStr("a-token-of-the-menus")
    browser = await service.browser()
    browser.headers["Authorization"] = header
    assert (await ask(browser, "get", "/api/v1/ivr/caller")).status_code == 401


async def test_without_a_configured_token_nobody_is_the_menus(service: Service) -> None:
    for token in (None, SecretStr("")):
        service.settings.ivr_token = token
        browser = await service.browser()
        browser.headers["Authorization"] = "Bearer "
        assert (await ask(browser, "get", "/api/v1/ivr/caller")).status_code == 401


async def test_hostile_ids_and_texts_are_never_an_internal_error(service: Service) -> None:
    browser = await service.signed_in("zhou", R.SUPERVISOR, seat="1004")
    for text in ("%00", "%ff", "..%2f", "'--", "x" * 3000, "%E2%80%AE", "1e999", "-1"):
        for method, path in ALLOWED:
            if "{" in path and path != "/api/v1/messages/{locale}.json":
                start, _, rest = path.partition("{")
                answer = await browser.request(method, start + text + rest.partition("}")[2], json={})
                assert answer.status_code < 500, (method, path, text, answer.text)
    for path, name in (
        ("/api/v1/work-orders", "q"),
        ("/api/v1/work-orders", "state"),
        ("/api/v1/work-orders", "cursor"),
        ("/api/v1/catalogue/items", "q"),
        ("/api/v1/zones/resolve", "text"),
        ("/api/v1/wanted-time", "text"),
        ("/api/v1/tasks", "state"),
        ("/api/v1/journeys", "agent"),
    ):
        for text in ("\x00", "王\x00", "%", "\\", "١٠٠١", "\u202e", "x" * 59):
            answer = await browser.get(path, params={name: text})
            assert answer.status_code < 500, (path, text, answer.text)


async def test_the_service_says_how_it_is(service: Service) -> None:
    browser = await service.browser()
    assert (await browser.get("/healthz")).json() == {"status": "alive"}
    ready = await browser.get("/readyz")
    assert ready.status_code == 503, "no PBX, no page"
    body = ready.json()
    assert (body["database"]["ok"], body["ami"]["ok"]) == (True, False)
    assert set(body["database"]) == {"ok", "engine", "outbox_waiting"}, "nothing that takes a walk through a table"
    assert "callcenter_open_journeys 0.0" in (await browser.get("/metrics")).text
