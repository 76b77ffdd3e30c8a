"""The commands that make the PBX's queues agree with ours, and no command more."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.agents.membership import (
    AddMember,
    Member,
    MembershipCommand,
    PauseMember,
    RemoveMember,
    SetPenalty,
    plan,
)

names = st.sampled_from(["1001", "1002", "1003"])


@st.composite
def members(draw: st.DrawFn) -> list[Member]:
    keys = draw(st.sets(st.tuples(st.sampled_from(["zh", "ug"]), st.sampled_from(["PJSIP/1001", "PJSIP/1002"]))))
    made = []
    for queue, interface in sorted(keys):
        paused = draw(st.booleans())
        reason = draw(st.sampled_from(["meal", "rest"])) if paused else ""
        made.append(Member(queue, interface, draw(names), draw(st.integers(0, 3)), paused, reason))
    return made


def carried_out(commands: list[MembershipCommand], actual: list[Member]) -> dict[tuple[str, str], Member]:
    """A PBX that does what it is told, and refuses nonsense."""
    have = {member.key: member for member in actual}
    for command in commands:
        if isinstance(command, AddMember):
            assert command.member.key not in have, "the PBX refuses a member that it has"
            have[command.member.key] = command.member
            continue
        there = have.pop((command.queue, command.interface))
        if isinstance(command, PauseMember):
            have[there.key] = Member(*there.key, there.name, there.penalty, command.paused, command.reason)
        elif isinstance(command, SetPenalty):
            have[there.key] = Member(*there.key, there.name, command.penalty, there.paused, there.reason)
        else:
            assert isinstance(command, RemoveMember)
    return have


@given(members(), members())
def test_after_the_commands_the_pbx_has_what_we_want(wanted: list[Member], actual: list[Member]) -> None:
    assert carried_out(plan(wanted, actual), actual) == {member.key: member for member in wanted}


@given(members())
def test_where_all_agrees_nothing_is_said(wanted: list[Member]) -> None:
    assert plan(wanted, reversed(wanted)) == []


def test_switching_the_device_adds_before_it_removes() -> None:
    desk = Member("zh", "PJSIP/1001", "1001", 0, False, "")
    browser = Member("zh", "PJSIP/1001-web", "1001", 0, False, "")
    assert plan([browser], [desk]) == [AddMember(browser), RemoveMember("zh", "PJSIP/1001")]


def test_another_pause_reason_is_one_command() -> None:
    meal = Member("zh", "PJSIP/1001", "1001", 0, True, "meal")
    rest = Member("zh", "PJSIP/1001", "1001", 0, True, "rest")
    assert plan([meal], [rest]) == [PauseMember("zh", "PJSIP/1001", True, "meal")]


def test_another_skill_level_reaches_the_pbx() -> None:
    first = Member("zh", "PJSIP/1001", "1001", 0, False, "")
    second = Member("zh", "PJSIP/1001", "1001", 2, False, "")
    assert plan([second], [first]) == [SetPenalty("zh", "PJSIP/1001", 2)]
