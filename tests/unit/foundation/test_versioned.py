"""Price books and zones are drafted, published by somebody else, retired; never the other way round."""

from datetime import UTC, datetime

import pytest

from callcenter.foundation.errors import Refused
from callcenter.foundation.versioned import Versioned, VersionState

AT = datetime(2026, 12, 1, tzinfo=UTC)


class Book(Versioned):
    """A plain object with the same rules."""

    def __init__(self, drafted_by: str) -> None:
        self.version_state = VersionState.DRAFT
        self.drafted_by = drafted_by
        self.valid_from = self.valid_to = self.published_by = None


@pytest.fixture
def book() -> Book:
    return Book("user:li")


def test_a_draft_is_published_by_a_second_person(book: Book) -> None:
    with pytest.raises(Refused, match="second_person_needed"):
        book.publish(by="user:li", valid_from=AT, two_persons=True)
    assert book.version_state == VersionState.DRAFT
    book.publish(by="user:wang", valid_from=AT, two_persons=True)
    assert (book.version_state, book.published_by, book.valid_from) == ("published", "user:wang", AT)


def test_one_person_is_enough_where_the_rules_say_so(book: Book) -> None:
    book.publish(by="user:li", valid_from=AT, two_persons=False)
    assert book.version_state == VersionState.PUBLISHED


def test_what_is_published_is_not_published_again(book: Book) -> None:
    book.publish(by="user:wang", valid_from=AT, two_persons=True)
    with pytest.raises(Refused, match="version_not_draft"):
        book.publish(by="user:zhao", valid_from=AT, two_persons=True)


def test_only_what_is_published_can_be_retired(book: Book) -> None:
    with pytest.raises(Refused, match="version_not_published"):
        book.retire(valid_to=AT)
    book.publish(by="user:wang", valid_from=AT, two_persons=True)
    book.retire(valid_to=AT)
    assert (book.version_state, book.valid_to) == ("retired", AT)
    with pytest.raises(Refused):
        book.retire(valid_to=AT)
