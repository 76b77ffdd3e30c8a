"""What keeping a draft must know of its call. Calls are a sibling feature; `app/joining.py` answers."""

import uuid
from typing import Protocol

from callcenter.auth.identity import SignedIn


class JourneyAccess(Protocol):
    async def may_use(self, journey_id: uuid.UUID, person: SignedIn) -> bool:
        """Whether there is such a call and the person has to do with it."""
        ...
