"""Passwords are kept so that a stolen database does not give them away."""

import pytest

from callcenter.auth import passwords
from callcenter.foundation.errors import Invalid


async def test_a_kept_password_is_recognised_and_costs_memory_to_guess() -> None:
    stored = await passwords.hash_password("a long password")
    assert stored.startswith("$argon2id$")
    memory_kib = int(stored.split("m=")[1].split(",")[0])
    assert memory_kib >= 19 * 1024, "the least that OWASP advises for argon2id"
    assert await passwords.verify("a long password", stored)
    assert not await passwords.verify("another password", stored)
    assert stored != await passwords.hash_password("a long password"), "two people with one password do not show it"


async def test_nobody_has_no_password() -> None:
    assert not await passwords.verify("nobody has this password", None)


@pytest.mark.parametrize("password", ["", "too short", "x" * 201])
async def test_passwords_that_are_too_short_or_absurdly_long_are_refused(password: str) -> None:
    with pytest.raises(Invalid, match="weak_password"):
        await passwords.hash_password(password)
