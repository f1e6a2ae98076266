"""Who waits for whom, how deep a stage lies, which arrows a picture needs."""

from collections.abc import Mapping

import hypothesis.strategies as st
from hypothesis import given, settings

from foresell.pipeline.graph import PANEL_STAGES
from foresell.pipeline.layers import depths, reduced, stages_before

Graph = Mapping[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs whose stages stand behind those they wait for."""
    count = draw(st.integers(0, 8))
    names = [f"s{number}" for number in range(count)]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:at]), unique=True)) if at else ())
        for at, name in enumerate(names)
    }


def reached(graph: Graph) -> dict[str, set[str]]:
    """All that come before each, near or far."""
    found: dict[str, set[str]] = {}
    for name, before in graph.items():
        found[name] = {*before}.union(*(found[one] for one in before))
    return found


@settings(max_examples=60)
@given(graph=graphs())
def test_what_is_left_of_the_arrows_leads_to_the_same_stages_and_none_can_go(graph: Graph) -> None:
    left = reduced(graph)
    assert reached(left) == reached(graph)
    for name, before in left.items():
        for one in before:
            less = {**left, name: tuple(other for other in before if other != one)}
            assert reached(less) != reached(graph)


@settings(max_examples=60)
@given(graph=graphs())
def test_a_stage_lies_one_below_the_deepest_it_waits_for(graph: Graph) -> None:
    deep = depths(graph)
    for name, before in graph.items():
        assert deep[name] == (1 + max(deep[one] for one in before) if before else 0)


def test_the_stages_of_a_panel_wait_for_each_other_as_documented() -> None:
    assert reduced(stages_before(PANEL_STAGES)) == {
        "manifest": (),
        "ingest": ("manifest",),
        "validate": ("ingest",),
        "split": ("validate",),
        "eda": ("split",),
        "features": ("split",),
        "baselines": ("split",),
        "train": ("features",),
        "evaluate": ("baselines", "train"),
        "refit": ("evaluate",),
        "register": ("refit",),
        "forecast": ("refit",),
        "report": ("forecast",),
        "risk": ("validate",),
        "monitor": ("register",),
        "quality": ("eda", "risk", "monitor"),
    }
