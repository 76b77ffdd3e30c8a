"""Zones as JSON."""

from typing import Literal

from callcenter.foundation.web import Out
from callcenter.zones.matching import Gazetteer, Place, Resolution


class ZoneOut(Out):
    id: str
    name: str
    level: Literal["city", "district", "street", "community"]
    path: list[str]

    @classmethod
    def of(cls, gazetteer: Gazetteer, place: Place) -> "ZoneOut":
        path = [step.name for step in gazetteer.path(place)]
        return cls(id=place.key, name=place.name, level=place.level.value, path=path)


class ZoneAnswer(Out):
    status: Literal["found", "ambiguous", "unknown"]
    zone: ZoneOut | None
    candidates: list[ZoneOut]
    method: str
    confidence: float

    @classmethod
    def of(cls, gazetteer: Gazetteer, resolution: Resolution) -> "ZoneAnswer":
        return cls(
            status=resolution.status.value,
            zone=ZoneOut.of(gazetteer, resolution.place) if resolution.place else None,
            candidates=[ZoneOut.of(gazetteer, place) for place in resolution.candidates],
            method=resolution.method,
            confidence=resolution.confidence,
        )
