"""The line to Asterisk, byte by byte, against Asterisk's side of the connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi_line import AgiLine, encode_command, quote
from ivr.agi_socket import AgiSocket
from ivr.line import CallerHungUp, LineBroken, UnsafeText
from ivr.sounds import Sounds
from tests.fakes.fake_asterisk import FakeAsterisk

LASTS, PATIENCE = 0.2, 0.2
SOUNDS = Sounds({"main-menu": LASTS})


@pytest.fixture
def asterisk() -> Iterator[FakeAsterisk]:
    ours, theirs = socket.socketpair()
    with FakeAsterisk(theirs) as fake:
        fake.ours = ours  # type: ignore[attr-defined]
        yield fake
    ours.close()


@pytest.fixture
def line(asterisk: FakeAsterisk) -> AgiLine:
    return open_line(asterisk.introduce())


@pytest.fixture
def doing() -> Iterator[Callable[..., "Future[object]"]]:
    """Runs the line's side in a thread, so that the test can be Asterisk."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


def open_line(asterisk: FakeAsterisk, *, hello: float = 1.0, patience: float = PATIENCE) -> AgiLine:
    stream = AgiSocket(asterisk.ours)  # type: ignore[attr-defined]
    return AgiLine(stream, SOUNDS, hello_seconds=hello, patience=patience)


Doing = Callable[..., "Future[object]"]


def test_the_environment_tells_script_and_caller(line: AgiLine) -> None:
    assert (line.script, line.caller_number) == ("main_menu", "13800001111")


def test_a_withheld_number_is_empty(asterisk: FakeAsterisk) -> None:
    assert open_line(asterisk.introduce(agi_callerid="unknown")).caller_number == ""


def test_a_gbk_name_does_no_harm(asterisk: FakeAsterisk, doing: Doing) -> None:
    line = open_line(asterisk.introduce(agi_calleridname="王小明"))
    key = doing(line.wait_key, 0.1)
    assert asterisk.answer("200 result=49") == "WAIT FOR DIGIT 100"
    assert key.result() == "1"


def test_a_prompt_is_stopped_by_a_key(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    key = doing(line.play, "main-menu", until="012#")
    assert asterisk.answer("200 result=35 endpos=8000") == 'STREAM FILE hotline/main-menu "012#" 0'
    assert key.result() == "#"


def test_a_prompt_heard_out_gives_no_key(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    key = doing(line.play, "main-menu")
    asterisk.answer("200 result=0 endpos=8000")
    assert key.result() == ""


def test_an_announcement_keeps_the_key_and_plays_on_from_there(
    line: AgiLine, asterisk: FakeAsterisk, doing: Doing
) -> None:
    key = doing(line.announce, "main-menu", keep="12")
    assert asterisk.answer("200 result=50 endpos=8000") == 'STREAM FILE hotline/main-menu "12" 0'
    assert asterisk.answer("200 result=0 endpos=16000") == 'STREAM FILE hotline/main-menu "" 8000'
    assert key.result() == "2"


def test_an_announcement_nobody_presses_into_plays_once(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    key = doing(line.announce, "main-menu", keep="12")
    asterisk.answer("200 result=0 endpos=16000")
    assert key.result() == ""


def test_a_prompt_that_plays_slowly_is_waited_for(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    key = doing(line.play, "main-menu", until="1")
    asterisk.command()
    with pytest.raises(FutureTimeout):
        key.result(LASTS * 2 + PATIENCE)  # a PBX short of CPU
    asterisk.send(b"200 result=49 endpos=8000\n")
    assert key.result() == "1"


def test_a_step_is_told_to_ami_and_cel(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    told = doing(line.note_step, "main_menu", "invalid:7")
    assert asterisk.answer() == 'EXEC UserEvent "IvrStep,Node: main_menu,Key: invalid:7"'
    assert asterisk.answer() == 'EXEC CELGenUserEvent "IvrStep,main_menu:invalid:7"'
    told.result()


def test_a_result_becomes_a_variable(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    done = doing(line.set_result, "TARGET_QUEUE", 'a"b\\c')
    assert asterisk.answer("200 result=1") == 'SET VARIABLE "TARGET_QUEUE" "a\\"b\\\\c"'
    done.result()


def test_hanging_up_is_a_command(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    done = doing(line.hang_up)
    assert asterisk.answer("200 result=1") == "HANGUP"
    done.result()


def test_a_hang_up_in_a_prompt(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    heard = doing(line.play, "main-menu")
    asterisk.answer("200 result=-1 endpos=4000")
    asterisk.send(b"HANGUP\n")
    assert asterisk.answer("200 result=6") == "CHANNEL STATUS"
    with pytest.raises(CallerHungUp):
        heard.result()


@pytest.mark.parametrize("status", ["200 result=-1", "200 result=0", "511 result=-1 Command Not Permitted"])
def test_a_prompt_that_fails_on_a_dead_channel_is_a_hang_up(
    line: AgiLine, asterisk: FakeAsterisk, doing: Doing, status: str
) -> None:
    heard = doing(line.play, "main-menu")
    asterisk.answer("200 result=-1 endpos=4000")
    asterisk.answer(status)
    with pytest.raises(CallerHungUp):
        heard.result()


def test_a_connection_closed_in_a_prompt_is_a_hang_up(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    heard = doing(line.play, "main-menu")
    asterisk.answer("200 result=-1 endpos=4000")
    asterisk.close()
    with pytest.raises(CallerHungUp):
        heard.result()


def test_a_missing_sound_is_not_taken_for_a_hang_up(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    heard = doing(line.play, "main-menu")
    asterisk.answer("200 result=-1 endpos=0")
    asterisk.answer("200 result=6")
    assert heard.result() == ""


def test_the_hangup_line_is_no_reply(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    asterisk.send(b"HANGUP\n")
    done = doing(line.set_result, "MENU_KEY", "1")
    asterisk.answer("200 result=1")
    done.result()
    with pytest.raises(CallerHungUp):
        line.play("main-menu")


@pytest.mark.parametrize(
    "reply",
    [
        "511 result=-1 Command Not Permitted on a dead channel or intercept routine",
        "200 result=-1",
        "200 result=1 (hangup)",
    ],
)
def test_every_form_of_a_dead_channel_is_a_hang_up(
    line: AgiLine, asterisk: FakeAsterisk, doing: Doing, reply: str
) -> None:
    done = doing(line.set_result, "MENU_KEY", "1")
    asterisk.answer(reply)
    with pytest.raises(CallerHungUp):
        done.result()


def test_the_end_of_the_connection_is_a_hang_up(line: AgiLine, asterisk: FakeAsterisk, doing: Doing) -> None:
    waiting = doing(line.wait_key, 1.0)
    asterisk.command()
    asterisk.close()
    with pytest.raises(CallerHungUp):
        waiting.result()


@pytest.mark.parametrize(
    "reply",
    [
        "510 Invalid or unknown command",
        "nonsense",
        "200 no result",
        "",
        "520-Invalid command syntax.  Proper usage follows:\nUsage: x\n520 End",
        "999",
        "200 result=-2",
    ],
)
def test_a_reply_that_makes_no_sense_breaks_the_line(
    line: AgiLine, asterisk: FakeAsterisk, doing: Doing, reply: str
) -> None:
    done = doing(line.note_step, "main_menu", "1")
    asterisk.answer(reply)
    with pytest.raises(LineBroken):
        done.result()


def test_a_silent_asterisk_breaks_the_line_after_prompt_and_patience(line: AgiLine) -> None:
    with pytest.raises(LineBroken, match="TimeoutError"):
        line.play("main-menu")


def test_a_dripping_asterisk_is_no_better_than_a_silent_one(line: AgiLine, asterisk: FakeAsterisk) -> None:
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.03):
            asterisk.send(b" ")

    dripping = threading.Thread(target=drip)
    dripping.start()
    with pytest.raises(LineBroken, match="TimeoutError"):
        line.wait_key(0.1)
    stop.set()
    dripping.join()


def test_a_line_without_end_breaks_the_line(line: AgiLine, asterisk: FakeAsterisk) -> None:
    asterisk.send(b"x" * 20_000)
    with pytest.raises(LineBroken):
        line.wait_key(0.1)


def test_an_environment_without_end_is_refused(asterisk: FakeAsterisk) -> None:
    asterisk.send(b"a: b\n" * 200)
    with pytest.raises(LineBroken):
        open_line(asterisk)


def test_a_peer_that_leaves_before_the_blank_line_is_a_hang_up(asterisk: FakeAsterisk) -> None:
    asterisk.send(b"agi_network: yes\n")
    asterisk.close()
    with pytest.raises(CallerHungUp):
        open_line(asterisk)


@pytest.mark.parametrize(
    ("node", "key"),
    [
        ("main_menu", "1\nHANGUP"),
        ("main,menu", "1"),
        ("main_menu", "１"),
        ("main_menu", "1,Evil: 1"),
        ("", "1"),
        ("main_menu", ""),
    ],
)
def test_a_step_that_is_no_step_is_never_sent(line: AgiLine, node: str, key: str) -> None:
    with pytest.raises(UnsafeText):
        line.note_step(node, key)


def test_names_of_results_and_prompts_are_checked(line: AgiLine) -> None:
    with pytest.raises(UnsafeText):
        line.set_result("X) evil", "1")
    with pytest.raises(UnsafeText):
        line.set_result("MENU_KEY", "1\r\nHANGUP")
    with pytest.raises(ValueError, match="prompt"):
        line.play("../../etc/passwd")


@given(st.text(), st.text())
def test_whatever_is_said_is_exactly_one_command(name: str, value: str) -> None:
    try:
        wire = encode_command("SET VARIABLE", quote(name), quote(value))
    except UnsafeText:
        assert len(value + name) > 200 or any(ord(c) < 32 or ord(c) == 127 for c in name + value)
        return
    data = wire.encode("utf-8", "replace")
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert len(data) <= 901
    assert words(wire.removesuffix("\n")) == ["SET", "VARIABLE", name, value]


@given(st.sampled_from([chr(code) for code in (*range(32), 127)]), st.text(max_size=20))
def test_no_control_character_gets_through(control: str, text: str) -> None:
    with pytest.raises(UnsafeText):
        encode_command("NOOP", quote(text + control + text))


def test_a_command_too_long_is_refused() -> None:
    with pytest.raises(UnsafeText):
        encode_command("NOOP", "王" * 300)


def words(line: str) -> list[str]:
    """How Asterisk's res_agi.c (parse_args) cuts a line: quotes, backslash takes the next character."""
    found, word, quoted, escaped, begun = [], "", False, False, False
    for character in line:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted, begun = not quoted, True
        elif character in " \t" and not quoted:
            found += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + character, True
    return [*found, word] if begun else found
