"""What placing an order must know of the call it came from. Calls are a sibling feature; `app/joining.py` answers."""

import uuid
from dataclasses import dataclass
from typing import Protocol

from callcenter.auth.identity import SignedIn


@dataclass(frozen=True, slots=True)
class JourneyOrigin:
    """`caller` in stored form (E.164 or short), None if withheld; `recording_id` as far as known."""

    journey_id: uuid.UUID
    caller: str | None
    recording_id: str | None = None


class JourneyOrigins(Protocol):
    async def origin_of(self, journey_id: uuid.UUID, person: SignedIn) -> JourneyOrigin | None:
        """The journey's caller and recording; None if there is none, or none that the person has to do with."""
        ...
