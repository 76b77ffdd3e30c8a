"""Asking callcenter: in time, or not at all, and not again and again."""

import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from ivr.backend import Backend, NoBackend
from ivr.circuit import Circuit

Answer = Callable[[httpx.Request], httpx.Response]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Service:
    """callcenter's side."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answer: Answer = lambda request: httpx.Response(200, json={"known": True})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def backend(service: Service, clock: Clock) -> Iterator[Backend]:
    found = Backend(
        "http://callcenter", "s3cret", seconds=0.2, circuit=Circuit(10, clock), transport=httpx.MockTransport(service)
    )
    yield found
    found.close()


def test_a_known_caller_is_asked_for_with_the_token(backend: Backend, service: Service) -> None:
    assert backend.is_known("+8613800001111") is True
    [request] = service.requests
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.url.path == "/api/v1/ivr/caller"
    assert request.url.params["number"] == "+8613800001111"


def test_a_withheld_number_is_not_asked_for(backend: Backend, service: Service) -> None:
    assert backend.is_known("") is None
    assert service.requests == []


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500),
        httpx.Response(401),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"known": "yes"}),
    ],
)
def test_a_bad_answer_is_no_answer(backend: Backend, service: Service, response: httpx.Response) -> None:
    service.answer = lambda request: response
    assert backend.is_known("1") is None


def test_a_dead_backend_costs_its_limit_once(backend: Backend, service: Service, clock: Clock) -> None:
    hanging, answered = threading.Event(), []

    def hang(request: httpx.Request) -> httpx.Response:
        hanging.wait(60)
        answered.append(request)
        return httpx.Response(200, json={"known": True})

    service.answer = hang
    assert [backend.is_known(str(number)) for number in range(20)] == [None] * 20
    assert answered == []  # given up on while it still hung, and asked no more
    hanging.set()
    assert len(service.requests) == 1
    clock.now += 10.1
    service.answer = lambda request: httpx.Response(200, json={"known": False})
    assert backend.is_known("1") is False
    assert backend.is_known("2") is False


def test_after_the_rest_only_one_asks(clock: Clock) -> None:
    circuit = Circuit(10, clock)
    circuit.failed()
    assert not circuit.may_ask()
    clock.now += 10.1
    assert [circuit.may_ask() for _ in range(3)] == [True, False, False]
    circuit.failed()
    clock.now += 9
    assert not circuit.may_ask()
    clock.now += 1.1
    assert circuit.may_ask()
    circuit.succeeded()
    assert circuit.may_ask()


def test_without_a_backend_nobody_is_known() -> None:
    assert NoBackend().is_known("1") is None
