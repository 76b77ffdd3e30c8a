"""The signed-in person (or program) behind a request."""

import uuid
from dataclasses import dataclass
from functools import cached_property

from callcenter.auth.permissions import Permission, Role, permissions_of
from callcenter.foundation.errors import NotPermitted


@dataclass(frozen=True)
class SignedIn:
    user_id: uuid.UUID
    username: str
    display_name: str
    roles: frozenset[Role]
    session_id: str

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    @property
    def actor(self) -> str:
        """How facts and the audit log name this person."""
        return f"user:{self.user_id}"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def must(self, permission: Permission) -> None:
        """`NotPermitted` unless the roles allow it."""
        if not self.may(permission):
            raise NotPermitted(permission=permission)
