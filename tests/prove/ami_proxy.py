"""A TCP proxy in front of the PBX's AMI, in a thread of its own: the link that can be cut."""

import contextlib
import socket
import threading


class AmiProxy:
    """Listens on a free port of 127.0.0.1 and hands everything to `target` while it is up."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self._door = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._up = True
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        number: int = self._door.getsockname()[1]
        return number

    def cut(self) -> None:
        """Both directions end at once and nobody gets in until `mend`."""
        self._up = False
        for pair in self._pairs:
            for end in pair:
                _close(end)
        self._pairs.clear()

    def mend(self) -> None:
        self._up = True

    def _accept(self) -> None:
        while True:
            client, _ = self._door.accept()
            try:
                if not self._up:
                    raise ConnectionRefusedError
                server = socket.create_connection(self.target, timeout=2)
                server.settimeout(None)
            except OSError:
                client.close()
                continue
            self._pairs.append((client, server))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    _close(source)
    _close(sink)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
