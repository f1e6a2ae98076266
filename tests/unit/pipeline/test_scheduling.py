from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.errors import UsageError
from foresell.pipeline.graph import PANEL_STAGES
from foresell.pipeline.scheduling import Part, choose, following, needed, ranks, ready
from foresell.pipeline.work import Stage


def stage(name: str, *needs: str) -> Stage:
    """A stage that makes one output of its own name."""
    return Stage(name=name, run="nowhere:run", needs=needs, makes=(name,), says=name)


#  raw -> clean -> model -> page
#            `---> look ----^
GRAPH = (
    stage("raw"),
    stage("clean", "raw"),
    stage("look", "clean"),
    stage("model", "clean"),
    stage("page", "model", "look"),
)


def names(stages: Sequence[Stage]) -> list[str]:
    return [one.name for one in stages]


@pytest.mark.parametrize(
    ("part", "chosen"),
    [
        (Part(), ["raw", "clean", "look", "model", "page"]),
        (Part(until="clean"), ["raw", "clean"]),
        (Part(first="look"), ["look", "model", "page"]),
        (Part(first="clean", until="model"), ["clean", "look", "model"]),
        (Part(first="look", until="look"), ["look"]),
        (Part(only=("page", "raw")), ["raw", "page"]),
    ],
)
def test_a_part_is_cut_from_the_list_or_named_and_keeps_the_order(
    part: Part, chosen: list[str]
) -> None:
    assert names(choose(GRAPH, part)) == chosen


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part(until="modl"), ("there is no stage 'modl'", "--until")),
        (Part(first="x"), ("there is no stage 'x'", "--from")),
        (Part(only=("raw", "pages")), ("there is no stage 'pages'", "--stage")),
        (
            Part(first="page", until="raw"),
            ("raw comes before page, so no stage is between them", "--from page --until raw"),
        ),
    ],
)
def test_a_part_that_there_is_none_of_is_refused(part: Part, said: tuple[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        choose(GRAPH, part)
    assert (caught.value.what, caught.value.where) == said


def test_single_stages_and_an_end_of_the_list_are_not_asked_for_together() -> None:
    with pytest.raises(UsageError, match=r"^single stages are asked for, and a row of stages too"):
        Part(only=("raw",), until="clean")


def test_what_a_stage_follows_from_is_found_near_and_far() -> None:
    assert needed(GRAPH, GRAPH[4]) == {"raw", "clean", "look", "model"}
    assert following(GRAPH, "clean") == ("look", "model", "page")
    assert following(GRAPH, "page") == ()


def test_the_stage_that_the_longest_chain_waits_for_begins_first() -> None:
    chain = (*GRAPH, stage("sent", "model"), stage("seen", "sent"))

    assert ranks(chain) == {
        "raw": 5,
        "clean": 4,
        "look": 2,
        "model": 3,
        "page": 1,
        "sent": 2,
        "seen": 1,
    }
    assert names(ready(chain, {"raw", "clean"}, {"raw", "clean"})) == ["model", "look"]


def test_what_a_stage_needs_and_none_of_them_makes_is_there() -> None:
    assert names(ready(GRAPH[2:], (), ())) == ["look", "model"]


def test_what_follows_from_a_failed_stage_never_begins_and_all_else_does() -> None:
    failed = {"raw", "clean", "model"}  # begun; model is not done
    assert names(ready(GRAPH, {"raw", "clean"}, failed)) == ["look"]
    assert names(ready(GRAPH, {"raw", "clean", "look"}, {*failed, "look"})) == []


@settings(max_examples=30)
@given(picks=st.lists(st.integers(min_value=0, max_value=20), min_size=30, max_size=30))
def test_in_whatever_order_stages_end_each_begins_once_and_after_all_it_needs(
    picks: list[int],
) -> None:
    done: set[str] = set()
    begun: list[str] = []
    at_work: list[str] = []
    for pick in picks * 2:
        free = ready(PANEL_STAGES, done, begun)
        for one in free[: 1 + pick % 3]:
            assert needed(PANEL_STAGES, one) <= done
            begun.append(one.name)
            at_work.append(one.name)
        if at_work:
            done.add(at_work.pop(pick % len(at_work)))
    assert sorted(begun) == sorted(names(PANEL_STAGES))
    assert done == set(begun)
