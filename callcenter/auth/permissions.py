"""Roles and what each may do: one table (domain.md §4.10). Row scope is applied by the features' repositories."""

from enum import StrEnum
from functools import cache


class Role(StrEnum):
    AGENT = "agent"
    DISPATCHER = "dispatcher"
    FOLLOW_UP = "follow_up"
    ZONE_MANAGER = "zone_manager"
    SUPERVISOR = "supervisor"
    COMPLAINTS = "complaints"
    FRANCHISEE = "franchisee"
    WORKER = "worker"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    IVR = "ivr"
    """The voice menu program; a client like any other."""


class Permission(StrEnum):
    DESK_USE = "desk.use"
    ORDERS_READ = "orders.read"
    ORDERS_CREATE = "orders.create"
    ORDERS_TRANSITION = "orders.transition"
    CUSTOMERS_READ = "customers.read"
    CUSTOMERS_EDIT = "customers.edit"
    CATALOGUE_READ = "catalogue.read"
    TASKS_WORK = "tasks.work"
    JOURNEYS_READ = "journeys.read"
    """Own calls; all of them with JOURNEYS_READ_ALL."""
    JOURNEYS_READ_ALL = "journeys.read_all"
    RECORDINGS_PLAY_OWN = "recordings.play_own"
    RECORDINGS_PLAY_ALL = "recordings.play_all"
    NUMBERS_REVEAL_DURING_CALL = "numbers.reveal_during_call"
    NUMBERS_REVEAL_OWED = "numbers.reveal_owed"
    """The number of a call-back that this very person owes."""
    NUMBERS_REVEAL = "numbers.reveal"
    USERS_MANAGE = "users.manage"
    AUDIT_READ = "audit.read"
    CALLER_LOOK_UP = "caller.look_up"
    HEALTH_READ = "health.read"


_P = Permission

_DESK = frozenset(
    {
        _P.DESK_USE,
        _P.ORDERS_READ,
        _P.ORDERS_CREATE,
        _P.CUSTOMERS_READ,
        _P.CUSTOMERS_EDIT,
        _P.CATALOGUE_READ,
        _P.TASKS_WORK,
        _P.JOURNEYS_READ,
        _P.RECORDINGS_PLAY_OWN,
        _P.NUMBERS_REVEAL_DURING_CALL,
        _P.NUMBERS_REVEAL_OWED,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _DESK | {_P.ORDERS_TRANSITION},
    Role.FOLLOW_UP: (_DESK - {_P.ORDERS_CREATE}) | {_P.ORDERS_TRANSITION},
    Role.DISPATCHER: frozenset(
        {_P.ORDERS_READ, _P.ORDERS_CREATE, _P.ORDERS_TRANSITION, _P.CUSTOMERS_READ, _P.CATALOGUE_READ}
    ),
    Role.ZONE_MANAGER: frozenset(
        {
            _P.ORDERS_READ,
            _P.ORDERS_CREATE,
            _P.ORDERS_TRANSITION,
            _P.CUSTOMERS_READ,
            _P.CATALOGUE_READ,
            _P.NUMBERS_REVEAL,
        }
    ),
    Role.SUPERVISOR: _DESK
    | {
        _P.ORDERS_TRANSITION,
        _P.JOURNEYS_READ_ALL,
        _P.RECORDINGS_PLAY_ALL,
        _P.NUMBERS_REVEAL,
        _P.HEALTH_READ,
    },
    Role.COMPLAINTS: _DESK | {_P.ORDERS_TRANSITION, _P.JOURNEYS_READ_ALL, _P.RECORDINGS_PLAY_ALL, _P.NUMBERS_REVEAL},
    Role.FRANCHISEE: frozenset({_P.ORDERS_TRANSITION}),
    Role.WORKER: frozenset({_P.ORDERS_TRANSITION}),
    Role.FINANCE: frozenset({_P.CATALOGUE_READ}),
    Role.ADMINISTRATOR: frozenset(
        {_P.USERS_MANAGE, _P.AUDIT_READ, _P.CATALOGUE_READ, _P.JOURNEYS_READ_ALL, _P.HEALTH_READ}
    ),
    Role.IVR: frozenset({_P.CALLER_LOOK_UP}),
}


@cache
def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that the roles together allow; made once for each set of roles somebody has."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
