"""instance.json: what other programs must know to talk to this PBX. Holds secrets, mode 0600."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.errors import InstanceBroken
from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.plan import PbxPlan
from callcenter.pbx.secret_store import write_private

_HOST = "127.0.0.1"
_CARRIER_HOST = "127.0.0.2"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One PBX instance as written in instance.json. Paths are absolute, ports on 127.0.0.1."""

    name: str
    pid_file: Path
    sip_host: str
    sip_port: int
    ami_host: str
    ami_port: int
    ami_user: str
    ami_secret: str = field(repr=False)
    ami_system_user: str
    ami_system_secret: str = field(repr=False)
    http_port: int
    agi_port: int
    carrier_host: str
    carrier_port: int
    rtp_start: int
    rtp_end: int
    monitor_dir: Path
    log_dir: Path
    version: str
    program: tuple[str, ...]

    @property
    def home(self) -> Path:
        return self.pid_file.parent

    @property
    def layout(self) -> InstanceLayout:
        return InstanceLayout(self.home)


def describe(*, plan: PbxPlan, build: AsteriskBuild, layout: InstanceLayout) -> Instance:
    return Instance(
        name=plan.name,
        pid_file=layout.pid_file,
        sip_host=_HOST,
        sip_port=plan.ports.sip,
        ami_host=_HOST,
        ami_port=plan.ports.ami,
        ami_user="callcenter",
        ami_secret=plan.secrets.ami,
        ami_system_user="callcenter-system",
        ami_system_secret=plan.secrets.ami_system,
        http_port=plan.ports.http,
        agi_port=plan.ports.agi,
        carrier_host=_CARRIER_HOST,
        carrier_port=plan.ports.carrier,
        rtp_start=plan.ports.rtp_start,
        rtp_end=plan.ports.rtp_end,
        monitor_dir=layout.monitor,
        log_dir=layout.log,
        version=build.version,
        program=build.program,
    )


def write_description(instance: Instance) -> None:
    write_private(instance.layout.description, json.dumps(dataclasses.asdict(instance), default=str, indent=2) + "\n")


def read_description(instance_dir: Path) -> Instance:
    """Raises InstanceBroken when there is none or it cannot be read."""
    path = InstanceLayout(instance_dir.resolve()).description
    try:
        raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
        for name in ("pid_file", "monitor_dir", "log_dir"):
            raw[name] = Path(raw[name])
        raw["program"] = tuple(raw["program"])
        return _checked(Instance(**raw))
    except FileNotFoundError as error:
        raise InstanceBroken(f"no PBX was started in {instance_dir}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InstanceBroken(f"{path} cannot be read: {type(error).__name__}") from error


def _checked(found: Instance) -> Instance:
    """TypeError for a field of another kind than it should be: half a file, or somebody's own."""
    for one in dataclasses.fields(found):
        value = getattr(found, one.name)
        wanted = tuple if one.name == "program" else one.type
        if type(value) is not wanted and not (wanted is Path and isinstance(value, Path)):
            raise TypeError(one.name)
    if not all(isinstance(word, str) for word in found.program):
        raise TypeError("program")
    return found
