"""The instance's secrets: made once, kept, readable by their owner only."""

import json
import os
import secrets
import string
from pathlib import Path

from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.plan import PbxSecrets

_SIGNS = string.ascii_letters + string.digits


def new_secret(length: int = 32) -> str:
    """Letters and digits only, so that it needs no quoting in any file or protocol."""
    return "".join(secrets.choice(_SIGNS) for _ in range(length))


def instance_secrets(instance_dir: Path, *, tracer: bool = False) -> PbxSecrets:
    """The manager users' secrets of this instance. `tracer` (tests) adds the user with all rights."""
    store = InstanceLayout(instance_dir).secrets
    known: dict[str, str] = json.loads(store.read_text()) if store.is_file() else {}
    wanted = ["ami", "ami_system", *(["tracer"] if tracer else [])]
    missing = [name for name in wanted if name not in known]
    if missing:
        known.update({name: new_secret() for name in missing})
        store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(store, json.dumps(known, indent=2))
    return PbxSecrets(**{name: known[name] for name in wanted})


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, mode 0600 from its first moment."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
