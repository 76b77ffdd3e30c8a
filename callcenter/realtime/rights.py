"""Whether an agent's screen shows numbers in full: by role (domain.md §4.10), never by the browser's wish."""

from callcenter.auth.permissions import Permission, Role, permissions_of

SEES_NUMBERS = frozenset(role for role in Role if Permission.NUMBERS_REVEAL in permissions_of(frozenset({role})))
"""Any of these roles needs no reveal of its own (supervisors, complaints officers)."""
