"""Everything that can be set from outside, read once in `app.py` and the command line, then handed on."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables with the prefix CALLCENTER_ (see `.env.example`)."""

    model_config = SettingsConfigDict(
        env_prefix="CALLCENTER_", env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    state_dir: Path = Path("var")
    """Database, PBX instances, logs, pid files. One directory a deployment."""
    database_url: str | None = None
    """None = SQLite at <state_dir>/callcenter.db; else postgresql+psycopg://…"""
    bus: Literal["local", "postgresql", "redis"] | None = None
    """How processes wake each other. None = postgresql (NOTIFY) on PostgreSQL, else local: there is one process."""
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """Only for bus = redis. A secret: it may hold a password."""
    host: str = "127.0.0.1"
    port: int = 8096
    public_origins: list[str] = Field(default_factory=list)
    """Origins a browser may come from, besides this service's own address."""
    public_url: str | None = None
    """Address in the browser when a reverse proxy stands before us; https makes the cookie Secure."""
    trusted_proxies: list[str] = Field(default_factory=list)
    """Addresses of reverse proxies; only their X-Forwarded-For is believed, and of it the last hop."""
    session_hours: int = 12
    pbx_name: str = "pbx"
    sounds_dir: Path | None = None
    """Folder with <language>/hotline/*.wav instead of the shipped prompts."""
    hotline_number: str = "96365"
    hotline_name: str = "家政服务热线"
    default_queue: str = "hotline-zh"
    """Where callers wait when the menu names no queue."""
    area_code: str = "0991"
    """Prefix of local numbers written without one."""
    wrap_up_seconds: int = 90
    lost_caller_minutes: int = 30
    """Call-back limit for a lost caller (domain.md §4.4, P1)."""
    ivr_token: SecretStr | None = None
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
    ui_dir: Path | None = None
    """Built browser application; None = agent_ui/dist beside the package."""
    log_level: str = "INFO"

    @property
    def public_origin(self) -> str | None:
        """Scheme, host and port of `public_url`, as a browser's Origin header names them."""
        parts = urlsplit(self.public_url or "")
        return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else None

    @property
    def sqlalchemy_url(self) -> str:
        if self.database_url:
            return self.database_url
        return f"sqlite+aiosqlite:///{self.state_dir / 'callcenter.db'}"
