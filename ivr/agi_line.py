"""The only file that imports pyst2: its AGI class, cured, and a Line made of it.

Cured: no signal handler (it works in threads), nothing to stderr, escaping, HANGUP lines, end of file and
`result=-1` are a hang-up, and every wait ends.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from asterisk.agi import (
    AGI,
    AGIAppError,
    AGIError,
    AGIHangup,
    AGIInvalidCommand,
    AGIResultHangup,
    AGIUnknownError,
    AGIUsageError,
)

from ivr.agi_socket import AgiSocket
from ivr.line import CallerHungUp, LineBroken, UnsafeText
from ivr.sounds import Sounds

log = logging.getLogger(__name__)

COMMAND_BYTES = 900
ENVIRONMENT_LINES = 100
DEAD_CHANNEL = 511
CHANNEL_UP = 6
SLOWEST = 3.0
"""A machine short of CPU plays slower than time passes: 1.6 times was seen. Giving up loses the keys."""

_KEYS = "0123456789*#ABCD"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_REPLY = re.compile(r"([0-9]{3})(?:[ -](.*))?", re.ASCII | re.DOTALL)
_RESULT = re.compile(r"result=(-?[0-9]{1,9})(?:\s+\((.*)\))?(?:\s+endpos=([0-9]{1,9}))?", re.ASCII)
_NODE = re.compile(r"[a-z][a-z_]{0,31}")
_KEY = re.compile(r"[0-9*#]{1,16}|timeout|invalid:[0-9*#A-D]{1,16}", re.ASCII)
_VARIABLE = re.compile(r"[A-Z][A-Z_]{0,31}")


def encode_command(command: str, *words: object) -> str:
    """One AGI command line. UnsafeText when it would hold a control character or be too long."""
    line = " ".join([command, *map(str, words)]).strip()
    if _CONTROLS.search(line):
        raise UnsafeText("control characters are not allowed in an AGI command")
    if len(line.encode("utf-8", "replace")) > COMMAND_BYTES:
        raise UnsafeText("the AGI command is too long")
    return line + "\n"


def quote(value: object) -> str:
    """A value as one word of an AGI command."""
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


class CuredAgi(AGI):  # type: ignore[misc]  # pyst2 has no annotations
    """pyst2's command methods over a socket of ours."""

    def __init__(self, stream: AgiSocket) -> None:
        # The base's own __init__ installs a signal handler and writes the caller's number to stderr.
        self.stdin = self.stdout = stream
        self.env: dict[str, str] = {}
        self.hung_up = False
        self._got_sighup = False
        self._get_agi_env()

    def _get_agi_env(self) -> None:
        for _ in range(ENVIRONMENT_LINES):
            line = self.stdin.readline()
            if not line:
                raise AGIHangup("the connection ended in the environment")
            if not line.strip():
                return
            name, _, value = line.partition(":")
            self.env[name.strip()] = value.strip()
        raise AGIUnknownError("an environment without end")

    def _quote(self, string: object) -> str:
        return quote(string)

    def send_command(self, command: str, *args: object) -> None:
        self.stdout.write(encode_command(command, *args))

    def get_result(self, stdin: object = None) -> dict[str, tuple[str, str]]:
        """{"result": (value, data), "endpos": (samples played, "")}.

        AGIHangup when the caller is gone, other AGIErrors when refused.
        """
        code, text = self._reply()
        if code == DEAD_CHANNEL:
            raise AGIHangup("the channel is dead")
        if code == 510:
            raise AGIInvalidCommand(text)
        if code == 520:
            raise AGIUsageError(self._usage(text))
        found = _RESULT.search(text) if code == 200 else None
        if found is None:
            raise AGIUnknownError(code, "not a reply")
        value, data = found[1], found[2] or ""
        if value == "-1" or data == "hangup":
            raise AGIResultHangup("the caller hung up")
        return {"result": (value, data), "endpos": (found[3] or "0", "")}

    def _reply(self) -> tuple[int, str]:
        while True:
            line = self.stdin.readline()
            if not line:
                raise AGIHangup("the connection ended")
            if line.strip() != "HANGUP":
                break
            # Asterisk 22 puts this before the reply to the next command; that reply still follows.
            self.hung_up = True
        found = _REPLY.fullmatch(line.strip())
        if found is None:
            raise AGIUnknownError(0, "not a reply")
        return int(found[1]), found[2] or ""

    def _usage(self, text: str) -> str:
        for _ in range(ENVIRONMENT_LINES):
            line = self.stdin.readline()
            if not line or line.startswith("520 "):
                break
        return text


class AgiLine:
    """ivr.line.Line on a FastAGI connection.

    patience: seconds Asterisk may take for a command, beyond the time its sound or wait lasts.
    """

    def __init__(self, stream: AgiSocket, sounds: Sounds, *, hello_seconds: float, patience: float) -> None:
        self._stream = stream
        self._sounds = sounds
        self._patience = patience
        with _named_errors():
            stream.allow(hello_seconds)
            self._agi = CuredAgi(stream)

    @property
    def script(self) -> str:
        """The path of the AGI address: `agi://host/main_menu` → `main_menu`."""
        return self._environment("agi_network_script")

    @property
    def caller_number(self) -> str:
        number = self._environment("agi_callerid")
        return "" if number == "unknown" else number

    def play(self, prompt: str, *, until: str = "") -> str:
        return self._stream_file(prompt, until)[0]

    def announce(self, prompt: str, *, keep: str = "") -> str:
        # No AGI command keeps a key and goes on: stop at the key, then play the rest deaf.
        key, played = self._stream_file(prompt, keep)
        if key:
            self._stream_file(prompt, "", played)
        return key

    def _stream_file(self, prompt: str, until: str, start: int = 0) -> tuple[str, int]:
        """The key that stopped it or "", and the samples played by then."""
        name = self._sounds.name(prompt)
        with self._asking(self._sounds.longest(prompt) * SLOWEST):
            try:
                reply = self._agi.execute("STREAM FILE", name, quote(until), start)
                return _pressed(int(reply["result"][0])), int(reply["endpos"][0])
            except AGIResultHangup:
                self._must_be_up()
        log.warning("Asterisk has no sound for the prompt %s", prompt)
        return "", 0

    def _must_be_up(self) -> None:
        """Asterisk says -1 for a hang-up and for a missing sound alike. AGIHangup when it was the former."""
        self._stream.allow(self._patience)
        if self._agi.channel_status() != CHANNEL_UP or self._agi.hung_up:
            raise AGIHangup("the caller hung up")

    def wait_key(self, seconds: float) -> str:
        with self._asking(seconds):
            return str(self._agi.wait_for_digit(int(seconds * 1000)))

    def note_step(self, node: str, key: str) -> None:
        if not _NODE.fullmatch(node) or not _KEY.fullmatch(key):
            raise UnsafeText("no name of a step")
        with self._asking():
            self._agi.appexec("UserEvent", f"IvrStep,Node: {node},Key: {key}")
        with self._asking():
            self._agi.appexec("CELGenUserEvent", f"IvrStep,{node}:{key}")

    def set_result(self, name: str, value: str) -> None:
        if not _VARIABLE.fullmatch(name):
            raise UnsafeText("no name of a result")
        with self._asking():
            self._agi.set_variable(name, value)

    def hang_up(self) -> None:
        with self._asking():
            self._agi.hangup()

    def _environment(self, name: str) -> str:
        return str(self._agi.env.get(name, ""))

    @contextmanager
    def _asking(self, seconds: float = 0.0) -> Iterator[None]:
        with _named_errors():
            if self._agi.hung_up:
                raise CallerHungUp("the caller hung up")
            self._stream.allow(seconds + self._patience)
            yield


def _pressed(code: int) -> str:
    """The key of this character code, "" for none."""
    if code <= 0:
        return ""
    if code > 127 or chr(code) not in _KEYS:
        raise AGIUnknownError(200, "no key of a telephone")
    return chr(code)


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except AGIHangup as error:
        raise CallerHungUp(str(error)) from error
    except (BrokenPipeError, ConnectionResetError) as error:
        raise CallerHungUp("Asterisk closed the connection") from error
    except (AGIAppError, AGIError) as error:
        raise LineBroken(f"Asterisk refused: {type(error).__name__}") from error
    except OSError as error:
        raise LineBroken(f"the connection failed: {type(error).__name__}") from error


__all__ = ["AGI", "AgiLine", "CuredAgi", "encode_command", "quote"]
