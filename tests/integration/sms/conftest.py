"""A tiny server that speaks Twilio's HTTP shape and can be told to fail."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "secret", "+15005550006"


@dataclass
class TwilioServer:
    """`answers` are used up one a request: (status, code), `hang` or `drop`; without any, a message is created."""

    url: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, int] | str] = field(default_factory=list)


def _handler(server: TwilioServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            user = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            form = {name: values[0] for name, values in parse_qs(body).items()}
            server.requests.append({"path": self.path, "user": user, **form})
            answer = server.answers.pop(0) if server.answers else (201, 0)
            if answer == "drop":
                self.connection.close()
            elif answer == "hang":
                time.sleep(1.5)
            elif user != f"{ACCOUNT}:{TOKEN}":
                self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
            else:
                self._create(answer, form)  # type: ignore[arg-type]

        def _create(self, answer: tuple[int, int], form: dict[str, str]) -> None:
            status, code = answer
            if status >= 400:
                self._answer(status, {"code": code, "message": "refused", "status": status, "more_info": ""})
            else:
                sid = f"SM{len(server.requests):032d}"
                self._answer(201, {"sid": sid, "status": "queued", "to": form["To"], "body": form["Body"]})

        def _answer(self, status: int, content: dict[str, object]) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    state = TwilioServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    server.block_on_close = False
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
