"""Keys. UUIDv7 where order of creation helps the index; random where a guess must be hopeless."""

import secrets
import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A time-ordered key for a row of ours."""
    return uuid7()


def new_secret_id() -> str:
    """128 random bits as 32 hex digits, for things fetched by id alone (recordings, sessions)."""
    return secrets.token_hex(16)
