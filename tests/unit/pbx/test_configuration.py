"""The shipped configuration, rendered and read: a context is a permission."""

import re
from pathlib import Path

import pytest

from callcenter.agents.states import PersonState
from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.dialplan import Dialplan, read_dialplan
from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.plan import AgentEndpoint, HouseholdEndpoint, Line, PbxPlan, PbxSecrets, QueueRow
from callcenter.pbx.ports import block_at
from callcenter.pbx.render import DEFAULT_CONF_DIR, rendered_files
from callcenter.telephony.heartbeat import BEAT, WATCH, WATCHED

SECRETS = [f"{letter * 20}0" for letter in "abcdefg"]
DIALS_OUT = {"outbound-gate", "outbound-local", "fixed-numbers", "outbound-dial"}
PLAN = PbxPlan(
    name="lint",
    ports=block_at(20000),
    secrets=PbxSecrets(ami=SECRETS[0], ami_system=SECRETS[1]),
    agents=(
        AgentEndpoint(number="1001", name="agent-1001", secret=SECRETS[2]),
        AgentEndpoint(number="1002", name="agent-1002", secret=SECRETS[3]),
    ),
    queues=(
        QueueRow(name="hotline-zh", duty_phone="13800138000"),
        QueueRow(name="hotline-ug", language="ug", max_wait_seconds=120, duty_phone="1002"),
        QueueRow(name="elders"),
    ),
    households=(HouseholdEndpoint(number="13899887766", secret=SECRETS[4]),),
    lines=(Line(number="96365", queue="hotline-zh"), Line(number="96366", queue="hotline-ug")),
)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    build = AsteriskBuild(
        version="22.10.1",
        origin="test",
        program=("/opt/bin/asterisk",),
        modules_dir=Path("/opt/modules"),
        data_dir=Path("/opt/data"),
    )
    layout = InstanceLayout(Path("/srv/pbx/lint"))
    return rendered_files(plan=PLAN, build=build, layout=layout, conf_dir=DEFAULT_CONF_DIR)


@pytest.fixture(scope="module")
def dialplan(files: dict[str, str]) -> Dialplan:
    return read_dialplan(text for name, text in files.items() if name.startswith("dialplan/"))


def _setting_lines(text: str) -> list[str]:
    lines = (re.sub(r"(?<!\\);.*$", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def test_the_dialplan_is_read_completely(files: dict[str, str], dialplan: Dialplan) -> None:
    """The lint below is worth nothing for a line it cannot read."""
    steps = [
        line
        for name, text in files.items()
        if name.startswith("dialplan/")
        for line in _setting_lines(text)
        if re.match(r"(exten|same)\b", line) and ",hint," not in line
    ]
    assert len(dialplan.steps) == len(steps) > 60


def test_extensions_conf_only_includes_and_forgets_no_file(files: dict[str, str]) -> None:
    lines = _setting_lines(files["extensions.conf"])
    assert [line for line in lines if line.startswith("exten")] == []
    included = re.findall(r'#include "(dialplan/[a-z_]+\.conf)"', files["extensions.conf"])
    assert sorted(included) == sorted(name for name in files if name.startswith("dialplan/"))


def test_no_pattern_takes_everything(dialplan: Dialplan) -> None:
    for extension in {step.extension for step in dialplan.steps}:
        if extension.startswith("_"):
            assert "." not in extension, extension
            assert not re.fullmatch(r"_[XZN]?!", extension), extension


def test_nothing_runs_a_program_or_reads_a_file(files: dict[str, str], dialplan: Dialplan) -> None:
    forbidden = {"System", "TrySystem", "SHELL", "FILE", "ENV", "EVAL", "Exec", "TryExec", "ExecIf", "Macro"}
    used = {step.application for step in dialplan.steps} | dialplan.functions()
    assert used & forbidden == set()
    loaded = re.findall(r"^load = (\S+)\.so", files["modules.conf"], re.M)
    dangerous = {
        "app_system",
        "func_shell",
        "func_env",
        "app_originate",
        "res_ari",
        "pbx_lua",
        "app_exec",
        "pbx_spool",
    }
    assert set(loaded) & dangerous == set()
    assert "autoload = no" in _setting_lines(files["modules.conf"])
    assert "live_dangerously = no" in _setting_lines(files["asterisk.conf"])


def test_no_caller_gets_transfer_park_or_record_codes(dialplan: Dialplan) -> None:
    options = {
        (step.application, step.arguments): step.arguments.split(",")[1 if step.application == "Queue" else 2 :][:1]
        for step in dialplan.steps
        if step.application in ("Queue", "Dial")
    }
    assert len(options) >= 4
    for step, letters in options.items():
        assert set("".join(letters)) & set("TKXW") == set(), step


def test_the_callers_own_words_are_never_expanded(dialplan: Dialplan) -> None:
    for step in dialplan.steps:
        assert "${CALLERID" not in step.arguments, step
        assert "${CONNECTEDLINE" not in step.arguments, step


def test_households_reach_the_hotline_and_nothing_that_dials_out(dialplan: Dialplan) -> None:
    assert dialplan.reachable_by_include("from-carrier") == {"from-carrier", "lines"}
    reached = dialplan.reachable("from-carrier")
    assert {"hotline", "queues", "waiting", "after-queue"} <= reached
    assert reached & DIALS_OUT == set()
    # The one way from a caller to the trunk: a fixed number of the plan, if the gate lets it through.
    duty = [step for step in dialplan.steps if step.context == "duty-phone"]
    assert [(s.extension, s.arguments) for s in duty if s.application == "Dial"] == [
        ("hotline-zh", "PJSIP/13800138000@trunk,25,g"),
        ("hotline-ug", "PJSIP/1002,25,g"),
    ]
    assert [s.arguments for s in duty if s.application == "GotoIf"] == [
        "$[${DIALPLAN_EXISTS(outbound-costly,13800138000,1)} = 1]?over",
        "$[${DIALPLAN_EXISTS(outbound-local,13800138000,1)} = 0]?over",
    ]


def test_nobody_hears_what_others_have_said(dialplan: Dialplan) -> None:
    """Only fixed prompts are played, and only the caller's own line is written."""
    heard = {step.arguments for step in dialplan.steps if step.application == "Playback"}
    assert heard
    assert all(re.fullmatch(r"hotline/[a-z-]+", name) for name in heard)
    others = {"ChanSpy", "VoiceMail", "VoiceMailMain", "BackGround", "ControlPlayback", "Read", "Directory"}
    assert {step.application for step in dialplan.steps} & others == set()
    recorded = [step.arguments for step in dialplan.steps if step.application == "Record"]
    assert [name.split(",")[0] for name in recorded] == ["${ASTSPOOLDIR}/monitor/${VOICEMAIL_FILE}"]


def test_the_pbx_brings_back_whom_we_paused_for_wrap_up_and_asks_for_that_very_reason(files: dict[str, str]) -> None:
    gone = files["dialplan/service_gone.conf"]
    assert re.findall(r'\${CUT\(KEPT_MEMBER,\\;,6\)}" != "([a-z_]+)"', gone) == [PersonState.WRAP_UP]
    assert all(f"Gosub(wrap-up-over,s,1({queue.name}))" in gone for queue in PLAN.queues)
    names = f"{BEAT} {WATCHED}".split()
    assert [name for name in names if f"GLOBAL({name})" in gone] == names
    assert f"{BEAT} = ${{EPOCH}}" in files["dialplan/globals.conf"]
    assert WATCH.partition("@")[2].partition("/")[0] in re.findall(r"^\[([a-z-]+)\]", gone, re.M)


def test_transfers_reach_agents_and_queues_only(dialplan: Dialplan) -> None:
    assert dialplan.reachable_by_include("transfer-allowed") == {"transfer-allowed", "agents", "queues"}
    assert dialplan.reachable("transfer-allowed") & DIALS_OUT == set()


def test_the_gate_is_entered_by_agents_only(dialplan: Dialplan) -> None:
    entered_from = {context for context in dialplan.includes if dialplan.reachable(context) & DIALS_OUT}
    assert entered_from == DIALS_OUT | {"from-agents"}


def test_every_context_that_is_named_is_there(files: dict[str, str], dialplan: Dialplan) -> None:
    assert dialplan.missing_contexts() == set()
    contexts = set(re.findall(r"^context = (\S+)", files["pjsip.conf"], re.M))
    assert contexts == {"from-carrier", "from-agents"}


def test_who_may_come_in(files: dict[str, str]) -> None:
    pjsip = files["pjsip.conf"]
    assert "anonymous" not in "".join(_setting_lines(pjsip))
    assert "device_state_busy_at" not in "".join(_setting_lines(pjsip))
    assert re.findall(r"^bind = (\S+?)(?::\d+)?$", pjsip, re.M) == ["127.0.0.1"] * 3
    trunk = pjsip.split("[trunk]")[1]
    assert "identify_by = ip" in trunk
    assert "allow_transfer = no" in trunk
    household = pjsip.split("[household](!)")[1].split("[agent](!)")[0]
    assert "allow_transfer = no" in household
    assert "context = from-carrier" in household


def test_the_manager_users_have_the_least_rights(files: dict[str, str]) -> None:
    manager = files["manager.conf"]
    assert re.findall(r"^\[([a-z-]+)\]", manager, re.M) == ["general", "callcenter", "callcenter-system"]
    assert re.findall(r"^read = ?(.*)$", manager, re.M) == ["call,agent,user,system", ""]
    assert re.findall(r"^write = ?(.*)$", manager, re.M) == ["call,agent,originate,reporting,user", "system"]
    assert manager.count("deny = 0.0.0.0/0.0.0.0") == manager.count("permit = 127.0.0.1/255.255.255.255") == 2
    assert "bindaddr = 127.0.0.1" in manager
    assert "webenabled = no" in manager


def test_rows_arrive_where_they_belong(files: dict[str, str]) -> None:
    assert re.findall(r"^\[(hotline-[a-z]+)\]\(base\)", files["queues.conf"], re.M) == ["hotline-zh", "hotline-ug"]
    assert "exten => 96366,1,Set(LINE_QUEUE=hotline-ug)" in files["dialplan/lines.conf"]
    assert "Set(MAX_WAIT=120)" in files["dialplan/queues.conf"]
    for number in ("1001", "1002", "13899887766"):
        assert files["pjsip.conf"].count(f"[{number}](") == 3
    assert "force_longest_waiting_caller = prio" in files["queues.conf"]
    assert "_0991[2-8]XXXXXX," in files["dialplan/fixed_numbers.conf"]


def test_secrets_stand_in_two_files_only(files: dict[str, str]) -> None:
    holding = {name for name, text in files.items() for secret in SECRETS if secret in text}
    assert holding == {"manager.conf", "pjsip.conf"}


def test_nothing_of_a_template_is_left(files: dict[str, str]) -> None:
    for name, text in files.items():
        assert not re.search(r"\{\{|\{%|@[A-Z_]+@", text), name


def test_a_language_is_switched_to_only_with_its_prompts(files: dict[str, str]) -> None:
    assert "language)=ug" not in files["dialplan/queues.conf"]
    assert "Set(CHANNEL(language)=zh)" in files["dialplan/queues.conf"]


def test_no_machine_stands_in_the_sources() -> None:
    for path in DEFAULT_CONF_DIR.rglob("*.conf*"):
        text = path.read_text("utf-8")
        assert not re.search(r"/(root|work|home|usr|tmp)/|https?://", text), path
