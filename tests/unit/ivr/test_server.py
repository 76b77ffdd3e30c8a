"""The server on a real socket: hostile peers, many peers, and a clean stop."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from ivr.backend import NoBackend
from ivr.server import IvrServer
from ivr.settings import Settings
from ivr.sounds import Sounds
from tests.fakes.fake_asterisk import FakeAsterisk

Address = tuple[str, int]


def serve(**changes: float) -> IvrServer:
    settings = Settings(port=0, **changes)  # type: ignore[arg-type]
    return IvrServer(settings, Sounds({}), NoBackend())


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[IvrServer]:
    with serve(**getattr(request, "param", {})) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def address_of(server: IvrServer) -> Address:
    return server.server_address  # type: ignore[return-value]


def test_a_whole_call_as_asterisk_sees_it(server: IvrServer) -> None:
    with FakeAsterisk.calling(address_of(server)).introduce() as asterisk:
        commands = asterisk.serve({"STREAM FILE hotline/main-menu": ["200 result=49 endpos=100"]})
    assert commands == [
        'SET VARIABLE "TARGET_QUEUE" "hotline-zh"',
        'STREAM FILE hotline/recording-notice "0123456789*#" 0',
        'SET VARIABLE "ANNOUNCED" "1"',
        'STREAM FILE hotline/greeting "0123456789*#" 0',
        'STREAM FILE hotline/main-menu "0123456789*#" 0',
        'EXEC UserEvent "IvrStep,Node: main_menu,Key: 1"',
        'EXEC CELGenUserEvent "IvrStep,main_menu:1"',
        'SET VARIABLE "MENU_KEY" "1"',
        'STREAM FILE hotline/connecting "" 0',
    ]


def test_who_asks_for_its_health_gets_one_command(server: IvrServer) -> None:
    with FakeAsterisk.calling(address_of(server)).introduce(agi_network_script="health") as asterisk:
        assert asterisk.serve({}) == ['SET VARIABLE "MENU_ANSWERS" "1"']


@pytest.mark.parametrize("server", [{"hello_seconds": 30.0}], indirect=True)
def test_scanners_and_silent_peers_hurt_nobody(server: IvrServer) -> None:
    silent = socket.create_connection(address_of(server))
    for number in range(100):
        peer = socket.create_connection(address_of(server))
        if number % 3 == 0:
            peer.sendall(b"\x16\x03\x01garbage\xff\xfe\n" * 3)
        peer.close()
    with FakeAsterisk.calling(address_of(server)).introduce() as asterisk:
        commands = asterisk.serve({"STREAM FILE hotline/main-menu": ["200 result=48"]})
    assert 'SET VARIABLE "MENU_KEY" "0"' in commands
    silent.close()


@pytest.mark.parametrize("server", [{"hello_seconds": 0.1}], indirect=True)
def test_a_peer_that_says_nothing_is_cut_off(server: IvrServer) -> None:
    with FakeAsterisk.calling(address_of(server)) as silent:
        assert silent.command() == ""


@pytest.mark.parametrize("server", [{"max_calls": 2, "hello_seconds": 30.0}], indirect=True)
def test_one_call_too_many_is_closed_at_once_and_places_come_back(server: IvrServer) -> None:
    first, second = (FakeAsterisk.calling(address_of(server)).introduce() for _ in range(2))
    assert first.command()
    assert second.command()
    with FakeAsterisk.calling(address_of(server)) as third:
        assert third.command() == ""
    first.send(b"200 result=1\n")
    first.serve({})
    first.close()
    wait_for_place(server)
    with FakeAsterisk.calling(address_of(server)).introduce() as next_one:
        assert next_one.command()
    second.close()


def wait_for_place(server: IvrServer) -> None:
    assert server._places.acquire(timeout=5), "no place came back"
    server._places.release()


def test_an_unknown_flow_ends_the_session(server: IvrServer) -> None:
    with FakeAsterisk.calling(address_of(server)).introduce(agi_network_script="../etc") as asterisk:
        assert asterisk.command() == ""


def test_fifty_callers_are_served_side_by_side(server: IvrServer) -> None:
    calls = [FakeAsterisk.calling(address_of(server)).introduce() for _ in range(50)]
    for call in calls:
        assert call.answer("200 result=1").startswith("SET VARIABLE")
    for call in calls:
        call.serve({"STREAM FILE": ["200 result=50"]})
        call.close()


def test_no_number_reaches_the_log(server: IvrServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeAsterisk.calling(address_of(server)).introduce() as asterisk:
        asterisk.serve({"STREAM FILE": ["200 result=-1 endpos=3"]})
    wait_for_text(caplog, "hung up")
    assert "13800001111" not in caplog.text


def wait_for_text(caplog: pytest.LogCaptureFixture, text: str) -> None:
    seen = threading.Event()
    watcher = logging.Handler()
    watcher.emit = lambda record: seen.set() if text in record.getMessage() else None  # type: ignore[method-assign]
    logging.getLogger().addHandler(watcher)
    try:
        assert text in caplog.text or seen.wait(5)
    finally:
        logging.getLogger().removeHandler(watcher)


def test_the_program_tells_its_address_and_stops_on_sigterm() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "ivr"], env={**os.environ, "IVR_PORT": "0"}, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    with program.stdout as output:
        words = output.readline().split()
        assert words[:3] == ["ivr", "listening", "on"]
        host, _, port = words[3].partition(":")
        with FakeAsterisk.calling((host, int(port))).introduce() as asterisk:
            asterisk.command()
            program.send_signal(signal.SIGTERM)
            assert program.wait(5) == 0
