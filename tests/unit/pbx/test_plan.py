"""Nothing hostile gets as far as a template."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.pbx.errors import PlanRefused
from callcenter.pbx.plan import AgentEndpoint, HouseholdEndpoint, Line, PbxPlan, PbxPorts, PbxSecrets, QueueRow
from callcenter.pbx.ports import block_at

SECRET = "abcDEF0123456789"
HOSTILE = ["", " ", "a b", "a\nb", "hotline-zh\n", "x;y", "[general]", "a,b", "a&b", "${EXTEN}", "../x", "a/b", "A",
           "热线", "a" * 33, "=> x", "#include x", "{{ 1 }}", "a\x00"]  # fmt: skip


def a_plan(**changes: object) -> PbxPlan:
    fields: dict[str, object] = {
        "name": "a",
        "ports": block_at(20000),
        "secrets": PbxSecrets(ami=SECRET, ami_system=SECRET),
        "agents": (AgentEndpoint(number="1001", name="agent-1001", secret=SECRET),),
        "queues": (QueueRow(name="hotline-zh"),),
        "lines": (Line(number="96365", queue="hotline-zh"),),
    }
    return PbxPlan(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_names_are_refused(value: str) -> None:
    for make in (
        lambda: a_plan(name=value),
        lambda: QueueRow(name=value),
        lambda: AgentEndpoint(number="1001", name=value, secret=SECRET),
        lambda: Line(number="96365", queue=value),
    ):
        with pytest.raises(PlanRefused):
            make()


@pytest.mark.parametrize("value", [*HOSTILE, "12a", "1001\n", "_1XXX", "+8613899887766", "１００１", "0"])
def test_hostile_numbers_are_refused(value: str) -> None:
    for make in (
        lambda: AgentEndpoint(number=value, name="a", secret=SECRET),
        lambda: HouseholdEndpoint(number=value, secret=SECRET),
        lambda: Line(number=value, queue="hotline-zh"),
        lambda: QueueRow(name="hotline-zh", duty_phone=value),
        lambda: a_plan(area_code=value),
    ):
        with pytest.raises(PlanRefused):
            make()


@pytest.mark.parametrize(
    "value", ["", "short", "a" * 15, "a" * 65, SECRET + "\n", SECRET + ";", SECRET + " x", "密" * 16]
)
def test_secrets_are_letters_and_digits(value: str) -> None:
    for make in (
        lambda: AgentEndpoint(number="1001", name="a", secret=value),
        lambda: AgentEndpoint(number="1001", name="a", secret=SECRET, web_secret=value),
        lambda: HouseholdEndpoint(number="13899887766", secret=value),
        lambda: PbxSecrets(ami=value, ami_system=SECRET),
        lambda: PbxSecrets(ami=SECRET, ami_system=value),
        lambda: PbxSecrets(ami=SECRET, ami_system=SECRET, tracer=value or "short"),
    ):
        with pytest.raises(PlanRefused) as refused:
            make()
        assert value == "" or value not in str(refused.value)


@given(st.text())
def test_any_text_is_a_plain_name_or_refused(text: str) -> None:
    try:
        row = QueueRow(name=text)
    except PlanRefused:
        return
    assert row.name.isascii()
    assert set(row.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("field", ["timeout", "retry", "wrapuptime", "max_wait_seconds", "penalty_members_limit"])
@pytest.mark.parametrize("value", [-1, 100_000, "15", 1.5, True, None])
def test_times_are_whole_numbers_within_reason(field: str, value: object) -> None:
    with pytest.raises(PlanRefused):
        QueueRow(name="hotline-zh", **{field: value})  # type: ignore[arg-type]


DUTY_FORBIDDEN = ["0044791112345", "12590", "16899999", "16812345678", "17909123456", "13491234567", "17401234567",
                  "4008123123", "110", "96365", "01065001234", "138998877660"]  # fmt: skip


def with_duty_phone(number: str) -> PbxPlan:
    return a_plan(queues=(QueueRow(name="hotline-zh", duty_phone=number),))


@pytest.mark.parametrize("number", DUTY_FORBIDDEN)
def test_the_duty_phone_is_a_seat_or_a_number_of_the_city(number: str) -> None:
    with pytest.raises(PlanRefused):
        with_duty_phone(number)


@pytest.mark.parametrize("number", ["1001", "13899887766", "19912345678", "2825555", "09912825555"])
def test_a_seat_a_mobile_or_a_fixed_number_may_be_the_duty_phone(number: str) -> None:
    assert with_duty_phone(number).queues[0].duty_phone == number


def test_a_number_stands_once() -> None:
    agent = AgentEndpoint(number="1001", name="a", secret=SECRET)
    with pytest.raises(PlanRefused):
        a_plan(agents=(agent, agent))
    with pytest.raises(PlanRefused):
        a_plan(lines=(Line(number="1001", queue="hotline-zh"),))
    with pytest.raises(PlanRefused):
        a_plan(agents=(dataclasses.replace(agent, number="13899"),), households=(_household("13899"),))


def _household(number: str) -> HouseholdEndpoint:
    return HouseholdEndpoint(number=number, secret=SECRET)


def test_a_line_leads_to_a_queue_that_exists() -> None:
    with pytest.raises(PlanRefused, match="no such queue"):
        a_plan(lines=(Line(number="96365", queue="hotline-ug"),))
    with pytest.raises(PlanRefused):
        a_plan(lines=())


@pytest.mark.parametrize("path", ["relative", "/a;b", "/a\nb", "/a,b", "/a|b", "/a(b", "/a$b", "/a]b", "/a=b"])
def test_a_folder_that_configuration_would_misread_is_refused(path: str) -> None:
    with pytest.raises(PlanRefused):
        a_plan(sounds_dir=Path(path))


def test_ports_are_ports() -> None:
    ports = block_at(20000)
    for change in ({"sip": 80}, {"ami": 70000}, {"rtp_end": ports.rtp_start}, {"http": "20002"}):
        with pytest.raises(PlanRefused):
            PbxPorts(**{**dataclasses.asdict(ports), **change})


def test_secrets_do_not_show_when_printed() -> None:
    assert SECRET not in repr(a_plan(households=(_household("13899887766"),)))
