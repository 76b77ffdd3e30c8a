"""Folders, ports, secrets and mirrors, without an Asterisk."""

import json
import socket
from pathlib import Path

import pytest

from callcenter.pbx.console import cli
from callcenter.pbx.debian_mirror import MIRROR_VARIABLE, debian_mirror, mirror_in_sources
from callcenter.pbx.description import Instance, read_description, write_description
from callcenter.pbx.errors import AsteriskNotAvailable, InstanceBroken, NotRunning, PbxError, PortTaken
from callcenter.pbx.install import CACHE_VARIABLE, default_cache_dir
from callcenter.pbx.instance import instance_dir, status, stop
from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.ports import block_at, free_block, release, require_free
from callcenter.pbx.secret_store import instance_secrets, new_secret


def test_a_long_state_folder_gets_a_short_run_folder(tmp_path: Path) -> None:
    near, far = InstanceLayout(tmp_path / "a"), InstanceLayout(tmp_path / ("x" * 120))
    assert len(str(far.run / "asterisk.ctl")) < 100
    assert far.run == InstanceLayout(tmp_path / ("x" * 120)).run
    assert far.run != InstanceLayout(tmp_path / ("y" * 120)).run
    assert near.run == near.home / "run" or len(str(near.home)) > 80


def test_a_run_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = InstanceLayout(tmp_path / "a")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    layout.home.mkdir()
    (layout.home / "run").symlink_to(elsewhere)
    monkeypatch.setattr("callcenter.pbx.layout._SOCKET_PATH_LIMIT", 1000)
    with pytest.raises(PbxError, match="not a folder of ours"):
        layout.make()


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = instance_secrets(tmp_path / "a")
    assert first.tracer is None
    with_tracer = instance_secrets(tmp_path / "a", tracer=True)
    assert (with_tracer.ami, with_tracer.ami_system) == (first.ami, first.ami_system)
    assert with_tracer.tracer is not None
    assert instance_secrets(tmp_path / "a") == first
    assert instance_secrets(tmp_path / "b").ami != first.ami
    assert (tmp_path / "a" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_new_secret_needs_no_quoting() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
    assert all(secret.isalnum() and secret.isascii() and len(secret) == 32 for secret in (new_secret(), new_secret()))


def test_a_block_that_is_chosen_is_not_chosen_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first = free_block()
    assert free_block(preferred=first.sip) != first
    release(first)
    assert free_block(preferred=first.sip) == first


def test_a_port_in_use_is_named_and_avoided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ports = free_block()
    release(ports)
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports.ami))
        other.listen()
        with pytest.raises(PortTaken, match=f"{ports.ami} .ami."):
            require_free(ports)
        assert free_block(preferred=ports.sip) != ports


def test_the_blocks_do_not_overlap() -> None:
    assert block_at(20000).rtp_end < block_at(20500).sip


def an_instance(home: Path) -> Instance:
    return Instance(
        name="a",
        pid_file=home / "pid",
        sip_host="127.0.0.1",
        sip_port=20000,
        ami_host="127.0.0.1",
        ami_port=20001,
        ami_user="callcenter",
        ami_secret="s" * 32,
        ami_system_user="callcenter-system",
        ami_system_secret="t" * 32,
        http_port=20002,
        agi_port=20003,
        carrier_host="127.0.0.2",
        carrier_port=20004,
        rtp_start=20100,
        rtp_end=20499,
        monitor_dir=home / "spool/monitor",
        log_dir=home / "log",
        version="22.10.1",
        program=("/opt/asterisk",),
    )


def test_the_description_is_read_back_as_written(tmp_path: Path) -> None:
    instance = an_instance(tmp_path)
    write_description(instance)
    assert read_description(tmp_path) == instance
    assert (tmp_path / "instance.json").stat().st_mode & 0o777 == 0o600
    assert "s" * 32 not in repr(instance)
    contract = {"name", "pid_file", "sip_host", "sip_port", "ami_host", "ami_port", "ami_user", "ami_secret",
                "ami_system_user", "ami_system_secret", "http_port", "agi_port", "rtp_start", "rtp_end",
                "monitor_dir", "log_dir", "version"}  # fmt: skip
    assert contract <= set(json.loads((tmp_path / "instance.json").read_text()))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": "a"}', "null"])
def test_a_broken_description_is_said_to_be_broken(text: str, tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text(text)
    with pytest.raises(InstanceBroken):
        read_description(tmp_path)


def test_what_was_never_started_is_down(tmp_path: Path) -> None:
    home = instance_dir(state_dir=tmp_path, name="a")
    assert status(home).running is False
    assert stop(home) is False
    with pytest.raises(InstanceBroken, match="no PBX was started"):
        cli(home, "core show version")
    home.mkdir(parents=True)
    write_description(an_instance(home))
    with pytest.raises(NotRunning):
        cli(home, "core show version")


def test_the_mirror_is_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    one_line = "# deb x://no/debian sid\ndeb [arch=amd64] x://other/security b main\ndeb x://mirror/debian/ a b"
    assert mirror_in_sources([one_line]) == "x://mirror/debian/"
    assert mirror_in_sources(["Types: deb\nURIs: x://mirror/debian\nSuites: bookworm\n"]) == "x://mirror/debian"
    assert mirror_in_sources(["deb x://mirror/ubuntu noble main"]) is None
    monkeypatch.setenv(MIRROR_VARIABLE, "x://given/debian")
    assert debian_mirror() == "x://given/debian"
    monkeypatch.setenv(MIRROR_VARIABLE, "x://given/debian sid main\ndeb x://evil")
    with pytest.raises(AsteriskNotAvailable):
        debian_mirror()


def test_the_cache_is_outside_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_dir() == tmp_path.resolve() / "callcenter" / "asterisk"
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "given"))
    assert default_cache_dir() == tmp_path.resolve() / "given" / "asterisk"
