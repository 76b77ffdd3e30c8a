"""Asterisk's side of a FastAGI connection, byte by byte, for tests of the IVR."""

import socket
from types import TracebackType
from typing import Self

ENVIRONMENT = {
    "agi_network": "yes",
    "agi_network_script": "main_menu",
    "agi_request": "agi://127.0.0.1/main_menu",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_callerid": "13800001111",
    "agi_uniqueid": "a-1795404675.19",
}


class FakeAsterisk:
    """Speaks first, then reads commands and sends the replies a test gives it. Reads wait 5 s at most."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.settimeout(5)
        self._buffer = b""

    @classmethod
    def calling(cls, address: tuple[str, int]) -> Self:
        """Connected to a server, with nothing said yet."""
        return cls(socket.create_connection(address, timeout=5))

    def introduce(self, **changes: str) -> Self:
        """The environment; bytes beyond ASCII go as GBK to be hostile."""
        lines = [f"{name}: {value}\n" for name, value in {**ENVIRONMENT, **changes}.items()]
        self._connection.sendall("".join([*lines, "\n"]).encode("gbk"))
        return self

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def command(self) -> str:
        """The next command, "" at the end of the connection."""
        while b"\n" not in self._buffer:
            try:
                chunk = self._connection.recv(4096)
            except ConnectionResetError:
                return ""
            if not chunk:
                return ""
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def answer(self, reply: str = "200 result=0") -> str:
        """Read one command and reply to it; returns the command."""
        command = self.command()
        if command:
            self.send(reply.encode() + b"\n")
        return command

    def serve(self, replies: dict[str, list[str]]) -> list[str]:
        """Answer till the end. `replies`: for commands that begin so, these in order; else `200 result=0`."""
        commands = []
        while command := self.command():
            commands.append(command)
            fitting = next((queue for start, queue in replies.items() if command.startswith(start) and queue), [])
            self.send((fitting.pop(0) if fitting else "200 result=0").encode() + b"\n")
        return commands

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
