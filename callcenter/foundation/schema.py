"""The whole schema: importing every feature's tables, and bringing a database up to the newest migration."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData

import callcenter
from callcenter.foundation.database import Base
from callcenter.foundation.state_dir import make_private_file

ROOT = Path(callcenter.__file__).parent.parent


def load_models() -> MetaData:
    """Import every `models.py` (and foundation's tables) so that the metadata is complete."""
    for package in iter_modules(callcenter.__path__):
        if package.ispkg and (Path(callcenter.__path__[0]) / package.name / "models.py").exists():
            import_module(f"callcenter.{package.name}.models")
    for name in ("audit", "facts", "idempotency", "leases", "outbox", "relay", "timers"):
        import_module(f"callcenter.foundation.{name}")
    return Base.metadata


def alembic_config(url: str) -> Config:
    """Alembic's configuration for a database; `url` may name an async driver."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.set_main_option("sqlalchemy.url", url.replace("+aiosqlite", "").replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`. Blocks: call it in a thread or before the loop runs."""
    if url.startswith("sqlite"):
        path = Path(url.split("///", 1)[1])
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_private_file(path)
    command.upgrade(alembic_config(url), revision)
