"""What a caller presses, what they hear, and where they get."""

from collections.abc import Callable

import pytest

from ivr.flows.main_menu import CONNECTING, GREETING, MAIN_MENU, NOTICE, main_menu
from ivr.journey import Journey
from ivr.line import CallerHungUp
from ivr.menu import prompts_of
from ivr.sounds import read_manifest
from tests.fakes.scripted_line import HANGS_UP, ScriptedLine


class Callers:
    def __init__(self, known: bool | None = None) -> None:
        self.known = known

    def is_known(self, number: str) -> bool | None:
        return self.known


Run = Callable[..., ScriptedLine]
ANNOUNCEMENTS = [NOTICE, GREETING]
HEARD_OUT = ("",) * len(ANNOUNCEMENTS)


@pytest.fixture
def run() -> Run:
    def run_menu(*script: str, known: bool | None = None, announced: tuple[str, ...] = HEARD_OUT) -> ScriptedLine:
        line = ScriptedLine((*announced, *script))
        main_menu(Journey(line, Callers(known), "hotline-zh"))
        return line

    return run_menu


@pytest.mark.parametrize("key", ["1", "2", "3", "0"])
def test_a_valid_key_leads_to_the_queue_and_is_told(run: Run, key: str) -> None:
    line = run(key)
    assert line.results == {"TARGET_QUEUE": "hotline-zh", "ANNOUNCED": "1", "MENU_KEY": key}
    assert line.steps == [("main_menu", key)]
    assert line.played == [*ANNOUNCEMENTS, "main-menu", "connecting"]


def test_a_key_pressed_into_the_notice_is_kept_and_nothing_more_is_said(run: Run) -> None:
    line = run(announced=("2",))
    assert line.steps == [("main_menu", "2")]
    assert line.results["MENU_KEY"] == "2"
    assert line.played == [NOTICE, "connecting"]


def test_a_key_pressed_into_the_greeting_stops_it_and_answers_the_menu(run: Run) -> None:
    line = run(announced=("", "3"))
    assert line.steps == [("main_menu", "3")]
    assert line.played == [*ANNOUNCEMENTS, "connecting"]


def test_a_wrong_key_pressed_into_the_notice_is_one_wrong_try(run: Run) -> None:
    line = run("", "1", announced=("8",))
    assert line.steps == [("main_menu", "invalid:8"), ("main_menu", "1")]
    assert line.played == [NOTICE, "invalid-key", "main-menu", "connecting"]


def test_a_key_in_the_silence_after_the_prompt_counts(run: Run) -> None:
    line = run("", "2")
    assert line.results["MENU_KEY"] == "2"
    assert line.waited == [5.0]


def test_no_key_twice_means_a_person(run: Run) -> None:
    line = run()
    assert line.results == {"TARGET_QUEUE": "hotline-zh", "ANNOUNCED": "1", "MENU_KEY": ""}
    assert line.steps == [("main_menu", "timeout"), ("main_menu", "timeout")]
    assert line.played == [*ANNOUNCEMENTS, "main-menu", "no-key", "main-menu", "connecting"]


def test_a_wrong_key_twice_means_a_person(run: Run) -> None:
    line = run("7", "", "#")
    assert line.results["MENU_KEY"] == ""
    assert line.steps == [("main_menu", "invalid:7"), ("main_menu", "invalid:#")]
    assert line.played == [*ANNOUNCEMENTS, "main-menu", "invalid-key", "main-menu", "connecting"]


def test_the_second_try_may_be_right(run: Run) -> None:
    line = run("9", "", "3")
    assert line.steps == [("main_menu", "invalid:9"), ("main_menu", "3")]
    assert line.results["MENU_KEY"] == "3"


def test_a_key_pressed_into_the_correction_answers_the_next_try(run: Run) -> None:
    line = run("9", "1")
    assert line.steps == [("main_menu", "invalid:9"), ("main_menu", "1")]
    assert line.played == [*ANNOUNCEMENTS, "main-menu", "invalid-key", "connecting"]


@pytest.mark.parametrize("script", [(HANGS_UP,), ("", HANGS_UP), ("", "", HANGS_UP), ("9", HANGS_UP)])
def test_a_caller_who_hangs_up_ends_the_menu(script: tuple[str, ...]) -> None:
    line = ScriptedLine((*HEARD_OUT, *script))
    with pytest.raises(CallerHungUp):
        main_menu(Journey(line, Callers(), "hotline-zh"))
    assert line.results == {"TARGET_QUEUE": "hotline-zh", "ANNOUNCED": "1"}


def test_a_notice_that_was_not_heard_out_is_not_told_as_announced() -> None:
    line = ScriptedLine((HANGS_UP,))
    with pytest.raises(CallerHungUp):
        main_menu(Journey(line, Callers(), "hotline-zh"))
    assert line.results == {"TARGET_QUEUE": "hotline-zh"}


@pytest.mark.parametrize(("known", "told"), [(True, "1"), (False, "0")])
def test_a_known_caller_is_told_to_the_dialplan(run: Run, known: bool, told: str) -> None:
    assert run("1", known=known).results["CALLER_KNOWN"] == told


def test_each_prompt_of_the_menu_is_a_sound_file() -> None:
    sounds = read_manifest()
    for prompt in (*ANNOUNCEMENTS, *prompts_of(MAIN_MENU), CONNECTING):
        assert prompt in sounds.seconds


def test_each_key_of_the_menu_has_one_meaning() -> None:
    assert sorted(choice.key for choice in MAIN_MENU.choices) == ["0", "1", "2", "3"]
