"""Who acts on an order: a name for the history, and the parties of the table they may act as."""

from dataclasses import dataclass

from callcenter.auth.identity import SignedIn
from callcenter.auth.permissions import Permission
from callcenter.work_orders.states import Party


@dataclass(frozen=True, slots=True)
class Actor:
    name: str
    parties: frozenset[Party]


SYSTEM = Actor("system", frozenset({Party.SYSTEM}))
_KNOWN = frozenset(Party)


def actor_of(person: SignedIn) -> Actor:
    """A signed-in person. Whoever may create orders acts as the operator too (domain.md §4.10 over §4.3)."""
    parties = {Party(role.value) for role in person.roles if role.value in _KNOWN}
    if person.may(Permission.ORDERS_CREATE):
        parties.add(Party.AGENT)
    return Actor(person.actor, frozenset(parties))
