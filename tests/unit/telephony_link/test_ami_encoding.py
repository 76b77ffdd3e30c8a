"""Whatever we are asked to say to the PBX, it is one action on the wire, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.telephony.ami_encoding import MOST_BYTES, UnsafeAction, Value, checked

texts = st.text(alphabet=st.characters(), max_size=60) | st.sampled_from(
    [
        "x\r\nAction: Originate",
        "x\nActionID: 1",
        "x\x85y",
        "x\u2028y",
        "x\u2029y",
        "\x00",
        "\x7f",
        "王" * 300,
        "王" * 301,
    ]
)
headers = st.dictionaries(
    texts | st.sampled_from(["Channel", "Variable", "Queue"]), texts | st.lists(texts, max_size=3)
)


def on_the_wire(action: dict[str, Value]) -> str:
    """As the AMI library writes it."""
    lines = []
    for key, value in sorted(action.items()):
        lines += [f"{key}: {one}" for one in (value if isinstance(value, list) else [value])]
    return "\r\n".join([*lines, "", ""])


def actions_in(wire: str) -> list[list[str]]:
    """As Asterisk reads it, and as strictly as any reader of lines could."""
    assert wire.encode().decode() == wire
    blocks = [block.splitlines() for block in wire.split("\r\n\r\n") if block]
    return [[line for line in block if line.lower().startswith("action:")] for block in blocks]


@given(texts | st.just("Originate"), headers)
def test_what_is_sent_is_exactly_one_action(name: str, given: dict[str, Value]) -> None:
    try:
        action = checked(name, given)
    except UnsafeAction:
        return
    wire = on_the_wire(action)
    assert actions_in(wire) == [[f"Action: {name}"]]
    count = 1 + sum(len(value) if isinstance(value, list) else 1 for value in given.values())
    assert len(wire.splitlines()) == count + 1, "no value has become a line of its own"


@pytest.mark.parametrize(
    "value",
    ["x\r\nAction: Originate", "x\n", "\r", "\x00", "\x1b[2J", "\x7f", "a\x85b", "a\u2028b", "a\u2029b", "\ud800"],
)
def test_control_characters_and_broken_text_are_refused(value: str) -> None:
    with pytest.raises(UnsafeAction):
        checked("Hangup", {"Channel": value})
    with pytest.raises(UnsafeAction):
        checked("PJSIPNotify", {"Variable": ["Event=talk", value]})


@pytest.mark.parametrize("key", ["", "Chan nel", "Channel:", "Channel\r\n", "Action", "ACTIONID", "频道", "x" * 41])
def test_only_plain_header_names_are_sent_and_never_a_second_action(key: str) -> None:
    with pytest.raises(UnsafeAction):
        checked("Hangup", {key: "PJSIP/1001-00000001"})


def test_a_line_is_as_long_as_asterisk_s_buffer_allows_counted_in_bytes() -> None:
    assert checked("UserEvent", {"UserEvent": "王" * (MOST_BYTES // 3)})
    with pytest.raises(UnsafeAction):
        checked("UserEvent", {"UserEvent": "王" * (MOST_BYTES // 3) + "x"})


def test_names_in_any_script_go_through_unharmed() -> None:
    assert checked("QueueAdd", {"MemberName": "古丽娜尔 گۈلنار", "Variable": ["a=1", "b=2"]}) == {
        "Action": "QueueAdd",
        "MemberName": "古丽娜尔 گۈلنار",
        "Variable": ["a=1", "b=2"],
    }
