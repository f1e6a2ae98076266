"""What one visitor was told is kept for the next, and not for another who may ask less."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.what_if.asking import Door
from foresell.serving.served import Served
from foresell.spec.serving import Scope
from tests.what_if_sites import looked_at, toy_bundle


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    home: Path = tmp_path_factory.mktemp("toy")
    found = looked_at(home, toy_bundle()).slot.current
    assert found is not None
    return found


class Site:
    """What answers a visitor who may do so much; ``asked``: how often."""

    def __init__(self, served: Served, memory: Memory, *scopes: Scope) -> None:
        self.asked = 0
        self.version = served.live.version
        self.door = Door(
            project="toy", served=served, ask=self.ask, memory=memory, scopes=tuple(scopes)
        )

    def ask(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        del method, path
        self.asked += 1
        if "predict" not in self.door.scopes:
            return 403, {"detail": "no", "where": "key", "mend": "ask"}
        return 200, {
            "prediction": 1.0,
            "much": "y" * body["x"],
            "model_version": self.version,
        }


def test_an_answer_to_who_may_predict_is_not_given_to_who_may_only_look(served: Served) -> None:
    memory = Memory()
    assert Site(served, memory, "predict", "read").door.post("/predict", {"x": 1}).told
    assert not Site(served, memory, "read").door.post("/predict", {"x": 1}).told
    assert Site(served, memory, "predict", "read").door.post("/predict", {"x": 1}).told


def test_a_question_is_asked_once_and_one_that_was_refused_again(served: Served) -> None:
    site, other = Site(served, Memory(), "predict"), Site(served, Memory(), "read")
    told = [site.door.post("/predict", {"x": 1}).told for _ in range(3)]
    assert site.asked == 1
    assert told[0] == told[2]
    assert [other.door.post("/predict", {"x": 1}).fine for _ in range(3)] == [False] * 3
    assert other.asked == 3


def test_what_another_version_says_is_not_told_as_the_answer_of_this_one(served: Served) -> None:
    site = Site(served, Memory(), "predict")
    site.version = "77"
    answer = site.door.post("/predict", {"x": 1})
    assert not answer.fine
    assert answer.trouble is not None
    assert answer.trouble.what == "version 77 answers since this page was asked for"
    site.version = served.live.version
    assert site.door.post("/predict", {"x": 1}).fine


def test_answers_take_no_more_room_than_the_memory_has(served: Served) -> None:
    memory = Memory(100_000)
    site = Site(served, memory, "predict")
    for size in range(30_000, 30_020):
        assert site.door.post("/predict", {"x": size}).told["prediction"] == 1.0
        assert sum(memory.weights.values()) <= memory.most
    assert 1 <= len(memory.weights) <= 3
