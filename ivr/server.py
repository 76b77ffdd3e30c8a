"""Accepts calls from Asterisk, one thread each; `python -m ivr`."""

import logging
import signal
import socket
import socketserver
import threading
from types import FrameType
from typing import Any

from ivr.agi_line import AgiLine
from ivr.agi_socket import AgiSocket
from ivr.backend import Backend, NoBackend
from ivr.circuit import Circuit
from ivr.flows import FLOWS
from ivr.journey import Journey
from ivr.line import CallerHungUp, LineError
from ivr.settings import Settings
from ivr.sounds import Sounds, read_manifest

log = logging.getLogger(__name__)


class IvrServer(socketserver.ThreadingTCPServer):
    """serve_forever() until shutdown().

    Beyond `max_calls` connections are closed at once: Asterisk puts those callers into the queue.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, settings: Settings, sounds: Sounds, callers: Backend | NoBackend) -> None:
        self.settings = settings
        self.sounds = sounds
        self.callers = callers
        self._places = threading.BoundedSemaphore(settings.max_calls)
        super().__init__((settings.host, settings.port), CallHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            log.warning("too many calls at once; one goes to the queue without a menu")
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system has no thread left
            self._places.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The process edge: one call's fault stays that call's. Asterisk goes on with the caller."""
        log.exception("a call's menu failed")


class CallHandler(socketserver.BaseRequestHandler):
    """One connection: read who it is, run the flow it asks for."""

    server: IvrServer
    request: socket.socket

    def handle(self) -> None:
        settings = self.server.settings
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            line = AgiLine(
                AgiSocket(self.request),
                self.server.sounds,
                hello_seconds=settings.hello_seconds,
                patience=settings.patience,
            )
            self._run(line)
        except CallerHungUp:
            log.info("the caller hung up in the menu")
        except LineError as error:
            log.warning("the menu ended early: %s", error)

    def _run(self, line: AgiLine) -> None:
        flow = FLOWS.get(line.script)
        if flow is None:
            log.warning("Asterisk asked for a flow that does not exist")
            return
        flow(Journey(line, self.server.callers, self.server.settings.queue))


def build_server(settings: Settings) -> IvrServer:
    """Bind and join all parts. OSError when the port is taken or the manifest is missing."""
    callers: Backend | NoBackend = NoBackend()
    if settings.backend_url:
        callers = Backend(
            settings.backend_url,
            settings.token.get_secret_value(),
            seconds=settings.backend_seconds,
            circuit=Circuit(settings.backend_rest),
        )
    return IvrServer(settings, read_manifest(), callers)


def main() -> None:
    """Serve until SIGTERM or SIGINT. Calls in a menu then go to the queue: Asterisk sees the connection end."""
    settings = Settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # httpx writes each address it asks, the caller's number in it.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with build_server(settings) as server:

        def stop(number: int, frame: FrameType | None) -> None:
            # shutdown() waits for serve_forever(), which runs in this very thread.
            threading.Thread(target=server.shutdown, daemon=True).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        host, port = server.server_address[:2]
        print(f"ivr listening on {host!s}:{port}", flush=True)
        server.serve_forever(poll_interval=0.1)
    server.callers.close()
