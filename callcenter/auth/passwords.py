"""Password hashing (argon2id). Runs in a thread: one check costs tens of milliseconds."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from callcenter.foundation.errors import Invalid

LEAST_LENGTH = 10
MOST_LENGTH = 200
_hasher = PasswordHash((Argon2Hasher(),))
_NOBODY = _hasher.hash("nobody has this password")


async def hash_password(password: str) -> str:
    """The hash to store. `Invalid` if the password is too short or absurdly long."""
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise Invalid("weak_password", least=LEAST_LENGTH)
    return await asyncio.to_thread(_hasher.hash, password)


async def verify(password: str, stored: str | None) -> bool:
    """Whether the password is right; takes the same time where there is no such user (`stored` None)."""
    right = await asyncio.to_thread(_hasher.verify, password[:MOST_LENGTH], stored or _NOBODY)
    return right and stored is not None
