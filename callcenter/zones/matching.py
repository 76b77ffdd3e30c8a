"""Which zone a written address lies in: longest match over district → street → community. Pure.

The text is cut from left to right, always taking the longest name that fits, so that 乌鲁木齐市新市区 is read as
乌鲁木齐市 + 新市区 and never as "新市". A district named in the text narrows names that occur in several districts;
what stays double is ambiguous and a person chooses (domain.md §4.5).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from callcenter.foundation.plain_text import without_space

MOST_TEXT = 256
"""Characters read; an address longer than this is cut, so hostile input costs a bounded time."""
MOST_CANDIDATES = 8
_ALIAS_PENALTY = 0.2


class Level(StrEnum):
    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


class Status(StrEnum):
    FOUND = "found"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


_DEEPEST_FIRST = (Level.COMMUNITY, Level.STREET, Level.DISTRICT)
_CONFIDENCE = {Level.COMMUNITY: 0.85, Level.STREET: 0.8, Level.DISTRICT: 0.7}
_DISTRICT_NAMED = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """A zone as the resolver needs it. `key` is unique; `aliases` are other names in use (经开区)."""

    key: str
    parent: str | None
    level: Level
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """`confidence` 0…1; `method` names the level found, with `_alias` where only another name was written."""

    status: Status
    place: Place | None = None
    candidates: tuple[Place, ...] = ()
    method: str = "none"
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class _Hit:
    place: Place
    by_alias: bool


def clean(text: str) -> str:
    """`without_space`, at most `MOST_TEXT` characters."""
    return without_space(text, MOST_TEXT)


@dataclass
class Gazetteer:
    """An index over the places of one published version of the zones."""

    places: dict[str, Place] = field(default_factory=dict)
    _by_name: dict[str, list[_Hit]] = field(default_factory=dict)
    _longest: int = 0

    @classmethod
    def of(cls, places: Iterable[Place]) -> "Gazetteer":
        gazetteer = cls()
        for place in places:
            gazetteer._add(place)
        return gazetteer

    def _add(self, place: Place) -> None:
        self.places[place.key] = place
        for number, name in enumerate((place.name, *place.aliases)):
            self._by_name.setdefault(clean(name), []).append(_Hit(place, by_alias=number > 0))
            self._longest = max(self._longest, len(name))

    def path(self, place: Place) -> list[Place]:
        """The place with those above it, district first, without the city."""
        path: list[Place] = []
        step: Place | None = place
        while step is not None and step.level is not Level.CITY:
            path.insert(0, step)
            step = self.places.get(step.parent) if step.parent else None
        return path

    def resolve(self, text: str) -> Resolution:
        """The zone of an address, or the candidates to choose from. Never raises, whatever `text` holds."""
        hits = list(self._hits(clean(text)))
        districts = {hit.place.key for hit in hits if hit.place.level is Level.DISTRICT}
        for level in _DEEPEST_FIRST:
            found = [hit for hit in hits if hit.place.level is level]
            if found:
                return self._decide(level, found, hits, districts)
        return Resolution(Status.UNKNOWN)

    def _hits(self, text: str) -> Iterator[_Hit]:
        at = 0
        while at < len(text):
            for length in range(min(self._longest, len(text) - at), 1, -1):
                found = self._by_name.get(text[at : at + length])
                if found:
                    yield from found
                    at += length
                    break
            else:
                at += 1

    def _decide(self, level: Level, found: list[_Hit], hits: list[_Hit], districts: set[str]) -> Resolution:
        above = {hit.place.key for hit in hits if hit.place.level is not level}
        fitting = self._narrow(found, above)
        places = list({hit.place.key: hit.place for hit in fitting}.values())
        by_alias = all(hit.by_alias for hit in fitting)
        contradicted = bool(districts) and not any(self._under(hit.place, districts) for hit in fitting)
        if len(places) > 1 or contradicted:
            named = [self.places[key] for key in sorted(districts)] if contradicted else []
            return Resolution(
                Status.AMBIGUOUS,
                candidates=tuple((places + named)[:MOST_CANDIDATES]),
                method="contradiction" if contradicted else f"{level}_repeated",
                confidence=0.3,
            )
        confidence = _CONFIDENCE[level]
        if districts and level is not Level.DISTRICT:
            confidence += _DISTRICT_NAMED
        return Resolution(
            Status.FOUND,
            place=places[0],
            method=f"{level}_alias" if by_alias else str(level),
            confidence=round(confidence - (_ALIAS_PENALTY if by_alias else 0.0), 2),
        )

    def _narrow(self, found: list[_Hit], above: set[str]) -> list[_Hit]:
        """Keep those that lie under most of what else the text names."""
        best = max(self._depth_named(hit.place, above) for hit in found)
        return [hit for hit in found if self._depth_named(hit.place, above) == best]

    def _depth_named(self, place: Place, above: set[str]) -> int:
        return sum(1 for step in self.path(place)[:-1] if step.key in above)

    def _under(self, place: Place, districts: set[str]) -> bool:
        return any(step.key in districts for step in self.path(place))
