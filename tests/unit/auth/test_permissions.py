"""The table of roles: who may do what that protects a household."""

import pytest

from callcenter.auth.permissions import PERMISSIONS, Permission, Role, permissions_of

EVERYBODY = set(Role)


def who_may(permission: Permission) -> set[Role]:
    return {role for role in Role if permission in PERMISSIONS[role]}


def test_every_role_is_in_the_table() -> None:
    assert set(PERMISSIONS) == EVERYBODY


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.RECORDINGS_PLAY_ALL, {Role.SUPERVISOR, Role.COMPLAINTS}),
        (Permission.NUMBERS_REVEAL_OWED, {Role.AGENT, Role.FOLLOW_UP, Role.SUPERVISOR, Role.COMPLAINTS}),
        (Permission.NUMBERS_REVEAL, {Role.SUPERVISOR, Role.COMPLAINTS, Role.ZONE_MANAGER}),
        (Permission.JOURNEYS_READ_ALL, {Role.SUPERVISOR, Role.COMPLAINTS, Role.ADMINISTRATOR}),
        (Permission.USERS_MANAGE, {Role.ADMINISTRATOR}),
        (Permission.AUDIT_READ, {Role.ADMINISTRATOR}),
        (Permission.CALLER_LOOK_UP, {Role.IVR}),
        (Permission.DESK_USE, {Role.AGENT, Role.FOLLOW_UP, Role.SUPERVISOR, Role.COMPLAINTS}),
    ],
)
def test_what_is_protected_is_open_to_few(permission: Permission, roles: set[Role]) -> None:
    assert who_may(permission) == roles


def test_every_permission_is_given_to_somebody() -> None:
    for permission in Permission:
        assert who_may(permission), permission


def test_firms_and_workers_see_no_households_and_no_calls() -> None:
    seen = permissions_of(frozenset({Role.FRANCHISEE, Role.WORKER}))
    assert seen == {Permission.ORDERS_TRANSITION}


def test_two_roles_may_what_either_may() -> None:
    both = permissions_of(frozenset({Role.FINANCE, Role.IVR}))
    assert both == {Permission.CATALOGUE_READ, Permission.CALLER_LOOK_UP}
    assert permissions_of(frozenset()) == frozenset()
