from typing import Any

import pytest

from foresell.errors import UsageError
from foresell.wiring.events import flag_of, words_of


def test_the_words_of_an_event_come_in_the_order_asked_for() -> None:
    event = {"project": "walmart", "batch": "b-1", "partial": True}
    assert words_of(event, "batch", "project") == ("b-1", "walmart")


@pytest.mark.parametrize("event", [{"batch": "b"}, {"batch": "b", "project": ""}])
def test_an_event_that_lacks_a_word_is_told_which(event: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as refused:
        words_of(event, "batch", "project")
    assert refused.value.args == (
        "the event says no project",
        "the event of the function",
        "send a JSON object with batch, project: docs/aws.md shows one of each function",
    )
    with pytest.raises(UsageError, match="the event says no batch and no project"):
        words_of({}, "batch", "project")


def test_a_flag_is_true_or_false_and_false_where_nothing_is_said_of_it() -> None:
    said: list[dict[str, Any]] = [{"partial": True}, {"partial": False}, {}]
    assert [flag_of(event, "partial") for event in said] == [True, False, False]


@pytest.mark.parametrize("said", ["false", "true", 1, None, []])
def test_a_flag_that_is_neither_is_refused(said: object) -> None:
    with pytest.raises(UsageError, match="partial of the event is neither true nor false"):
        flag_of({"partial": said}, "partial")
