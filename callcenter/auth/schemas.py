"""Bodies of the auth routes."""

import uuid

from pydantic import Field

from callcenter.auth.identity import SignedIn
from callcenter.foundation.web import In, Out


class SignInForm(In):
    username: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=200)


class Seat(Out):
    number: str
    device: str


class Me(Out):
    id: uuid.UUID
    username: str
    display_name: str
    roles: list[str]
    permissions: list[str]
    agent: Seat | None

    @classmethod
    def of(cls, person: SignedIn, seat: Seat | None) -> "Me":
        return cls(
            id=person.user_id,
            username=person.username,
            display_name=person.display_name,
            roles=sorted(person.roles),
            permissions=sorted(person.permissions),
            agent=seat,
        )
