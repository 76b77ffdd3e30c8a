"""Where the PBX is: read from its description when that has changed, and not each time somebody asks."""

import json
from pathlib import Path

import pytest

from callcenter.app import factory
from callcenter.app.factory import Exchange
from callcenter.foundation.settings import Settings
from callcenter.pbx.description import Instance, read_description
from callcenter.pbx.secret_store import write_private

DESCRIPTION = {
    "name": "pbx",
    "pid_file": "pid",
    "sip_host": "127.0.0.1",
    "sip_port": 15060,
    "ami_host": "127.0.0.1",
    "ami_port": 15038,
    "ami_user": "callcenter",
    "ami_secret": "x",
    "ami_system_user": "callcenter-system",
    "ami_system_secret": "y",
    "http_port": 15088,
    "agi_port": 15573,
    "carrier_host": "127.0.0.2",
    "carrier_port": 15061,
    "rtp_start": 15100,
    "rtp_end": 15199,
    "monitor_dir": "monitor",
    "log_dir": "log",
    "version": "22.0.0",
    "program": ["asterisk"],
}


def describe(tmp_path: Path, **changes: object) -> None:
    home = tmp_path / "pbx" / "pbx"
    home.mkdir(parents=True, exist_ok=True)
    write_private(home / "instance.json", json.dumps(DESCRIPTION | changes))


def test_an_unchanged_description_is_read_once_and_a_new_one_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []

    def counted(home: Path) -> Instance:
        reads.append(home)
        return read_description(home)

    monkeypatch.setattr(factory, "read_description", counted)
    exchange = Exchange(Settings(_env_file=None, state_dir=tmp_path))  # type: ignore[call-arg]
    assert exchange.address() is None
    assert exchange.monitor_dir("pbx") is None
    describe(tmp_path)
    for _ in range(5):
        found = exchange.address()
        assert found is not None
        assert found.port == 15038
        assert exchange.monitor_dir("pbx") is not None
    assert len(reads) == 1
    describe(tmp_path, ami_port=16038)
    found = exchange.address()
    assert found is not None
    assert (found.port, len(reads)) == (16038, 2)
    (tmp_path / "pbx" / "pbx" / "instance.json").write_text("{")
    assert exchange.address() is None, "a broken description is none"
    (tmp_path / "pbx" / "pbx" / "instance.json").unlink()
    assert exchange.address() is None
