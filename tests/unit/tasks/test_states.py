"""Who owes a lost caller a call, and until when it counts as the same trouble."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.tasks.states import (
    TaskIsAnothers,
    TaskIsDone,
    TaskResult,
    TaskState,
    after_result,
    claim,
    is_same_trouble,
    pick_owner,
)

ANNA, BORA = uuid.UUID(int=1), uuid.UUID(int=2)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_an_open_task_may_be_taken_even_from_another_desk() -> None:
    assert claim(TaskState.OPEN, None, ANNA) is TaskState.CLAIMED
    assert claim(TaskState.OPEN, BORA, ANNA) is TaskState.CLAIMED
    assert claim(TaskState.CLAIMED, ANNA, ANNA) is TaskState.CLAIMED


def test_a_claimed_or_done_task_is_not_taken() -> None:
    with pytest.raises(TaskIsAnothers):
        claim(TaskState.CLAIMED, BORA, ANNA)
    with pytest.raises(TaskIsDone):
        claim(TaskState.DONE, ANNA, ANNA)


@pytest.mark.parametrize("result", TaskResult)
def test_only_not_reached_leaves_a_task_running(result: TaskResult) -> None:
    after = after_result(TaskState.CLAIMED, ANNA, ANNA, result)
    assert (after is TaskState.CLAIMED) == (result is TaskResult.NOT_REACHED)
    assert (after is TaskState.DONE) == (result is not TaskResult.NOT_REACHED)


def test_half_an_hour_is_one_trouble() -> None:
    assert is_same_trouble(NOW, NOW + timedelta(minutes=29, seconds=59))
    assert not is_same_trouble(NOW, NOW + timedelta(minutes=30))


def test_the_least_busy_gets_the_task_and_the_first_named_of_equals() -> None:
    assert pick_owner([ANNA, BORA], {ANNA: 2, BORA: 1}) == BORA
    assert pick_owner([ANNA, BORA], {}) == ANNA
    assert pick_owner([BORA, ANNA], {ANNA: 1, BORA: 1}) == BORA
    assert pick_owner([], {ANNA: 1}) is None
