"""Where the background parts of this deployment are, and the demo's sign-ins."""

import json
import socket
from pathlib import Path

from callcenter.foundation.settings import Settings
from callcenter.pbx.description import Instance, read_description
from callcenter.pbx.errors import InstanceBroken
from callcenter.pbx.instance import instance_dir


def pbx_home(settings: Settings) -> Path:
    return instance_dir(state_dir=settings.state_dir, name=settings.pbx_name)


def find_instance(settings: Settings) -> Instance | None:
    """The PBX instance that was last started, or None."""
    try:
        return read_description(pbx_home(settings))
    except InstanceBroken:
        return None


def service_address(settings: Settings) -> tuple[str, int]:
    """Where the background service listens."""
    try:
        known = json.loads((settings.state_dir / "service.json").read_text())
        return str(known["host"]), int(known["port"])
    except (OSError, ValueError, KeyError):
        return settings.host, settings.port


def listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def sign_ins_file(settings: Settings) -> Path:
    return settings.state_dir / "demo-sign-ins.json"


def sign_ins(settings: Settings) -> dict[str, str]:
    """Demo user names and passwords; empty outside the demo."""
    try:
        found: dict[str, str] = json.loads(sign_ins_file(settings).read_text())
    except (OSError, ValueError):
        return {}
    return found
