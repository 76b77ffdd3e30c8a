"""A body above the limit is refused before anything of the application sees it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from callcenter.foundation.body_limit import MOST_BYTES, BodyLimit


class Echo:
    """An application that answers with the length of what it was sent."""

    def __init__(self) -> None:
        self.called = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.called += 1
        message = await receive()
        length = str(len(message["body"])).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": length})


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def client(echo: Echo) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(BodyLimit(echo)), base_url="http://desk")


async def pieces(count: int, size: int, taken: list[int]) -> AsyncIterator[bytes]:
    for n in range(count):
        taken.append(n)
        yield b"x" * size


async def test_a_body_up_to_the_limit_arrives_whole_however_it_is_sent(client: httpx.AsyncClient) -> None:
    whole = await client.post("/", content=b"x" * MOST_BYTES)
    streamed = await client.post("/", content=pieces(4, MOST_BYTES // 4, []))
    assert (whole.status_code, whole.text) == (streamed.status_code, streamed.text) == (200, str(MOST_BYTES))
    assert (await client.get("/")).text == "0"


async def test_one_byte_more_is_refused_in_the_reader_s_language(client: httpx.AsyncClient, echo: Echo) -> None:
    answer = await client.post("/", content=b"x" * (MOST_BYTES + 1), headers={"Accept-Language": "en"})
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (413, "body_too_large", 413)
    assert body["params"] == {"most_bytes": MOST_BYTES}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert body["title"] == "The request is too large and was not read"
    assert echo.called == 0


async def test_an_announced_length_is_refused_without_reading_anything(echo: Echo) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"62914560")]}
    await BodyLimit(echo)(scope, receive, send)
    assert sent[0]["status"] == 413
    assert echo.called == 0


async def test_a_body_without_a_length_is_read_no_further_than_the_limit(
    client: httpx.AsyncClient, echo: Echo
) -> None:
    taken: list[int] = []
    answer = await client.post("/", content=pieces(1000, 100_000, taken))
    assert answer.status_code == 413
    assert len(taken) <= 4
    assert echo.called == 0


async def test_a_browser_that_goes_while_it_sends_reaches_the_application_as_gone(echo: Echo) -> None:
    heard: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(await receive())

    news: list[Message] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"x", "more_body": True},
    ]

    async def receive() -> Message:
        return news.pop()

    async def send(message: Message) -> None: ...

    await BodyLimit(app)({"type": "http", "headers": []}, receive, send)
    assert heard == [{"type": "http.disconnect"}]


async def test_a_websocket_is_none_of_its_business(echo: Echo) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        raise AssertionError("a frame was read")

    async def send(message: Message) -> None: ...

    await BodyLimit(app)({"type": "websocket", "headers": []}, receive, send)
    assert seen == ["websocket"]
