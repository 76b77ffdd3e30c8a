"""All that can be set from outside: environment variables with the prefix IVR_."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="IVR_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(4573, ge=0, le=65535)
    """0 takes a free one; the readiness line tells which."""
    queue: str = Field("hotline-zh", pattern=r"^[a-z0-9-]{1,40}$")
    backend_url: str = ""
    """callcenter's address; empty asks nobody who calls."""
    token: SecretStr = SecretStr("")
    backend_seconds: float = Field(0.3, gt=0)
    backend_rest: float = Field(10.0, gt=0)
    """How long a backend that failed is left alone."""
    max_calls: int = Field(200, ge=1)
    hello_seconds: float = Field(2.0, gt=0)
    """In which Asterisk must have said who calls; port scanners never do."""
    patience: float = Field(5.0, gt=0)
    """How long Asterisk may take for a command beyond what it plays or waits for."""
    log_level: str = "INFO"
