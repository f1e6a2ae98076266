"""Places for boxes and arrows: nothing overlaps, arrows lead down and pass no box."""

from collections.abc import Mapping

import hypothesis.strategies as st
from hypothesis import given, settings

from foresell.charts.layered import laid

BOX, PASS = 100.0, 20.0
Graph = Mapping[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Graphs whose boxes stand behind those they hang on."""
    names = [f"b{number}" for number in range(draw(st.integers(1, 9)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:at]), unique=True)) if at else ())
        for at, name in enumerate(names)
    }


@settings(max_examples=60, deadline=None)
@given(graph=graphs())
def test_no_two_boxes_of_a_layer_overlap_and_all_lie_in_the_picture(graph: Graph) -> None:
    found = laid(graph, box=BOX, pass_by=PASS)
    for name, x in found.x.items():
        assert BOX / 2 - 0.2 <= x <= found.width - BOX / 2 + 0.2
        for other, place in found.x.items():
            if other != name and found.layer[other] == found.layer[name]:
                assert abs(place - x) >= BOX - 0.2


@settings(max_examples=60, deadline=None)
@given(graph=graphs())
def test_an_arrow_leads_down_layer_by_layer_and_passes_beside_every_box(graph: Graph) -> None:
    found = laid(graph, box=BOX, pass_by=PASS)
    assert set(found.ways) == {(one, name) for name, before in graph.items() for one in before}
    for (one, name), way in found.ways.items():
        assert way[0] == (found.x[one], found.layer[one])
        assert way[-1] == (found.x[name], found.layer[name])
        assert [level for _, level in way] == list(range(found.layer[one], found.layer[name] + 1))
        for x, level in way[1:-1]:
            beside = [place for box, place in found.x.items() if found.layer[box] == level]
            assert all(abs(place - x) >= (BOX + PASS) / 2 - 0.2 for place in beside)


@settings(max_examples=30, deadline=None)
@given(graph=graphs())
def test_the_same_graph_has_the_same_places(graph: Graph) -> None:
    assert laid(graph, box=BOX, pass_by=PASS) == laid(dict(graph), box=BOX, pass_by=PASS)


def test_a_chain_stands_upright() -> None:
    found = laid({"a": (), "b": ("a",), "c": ("b",)}, box=BOX, pass_by=PASS)
    assert found.x == {"a": 50.0, "b": 50.0, "c": 50.0}
    assert found.width == BOX


def test_arrows_that_can_do_without_crossing_do_not_cross() -> None:
    found = laid(
        {"a": (), "b": (), "c": ("b",), "d": ("a",), "e": ("c", "d")}, box=BOX, pass_by=PASS
    )
    assert (found.x["a"] - found.x["b"]) * (found.x["d"] - found.x["c"]) > 0


def test_a_long_arrow_beside_a_chain_is_upright() -> None:
    chain = {"a": (), "b": ("a",), "c": ("b",), "d": ("c",), "e": ("d", "a")}
    way = laid(chain, box=BOX, pass_by=PASS).ways["a", "e"]
    assert len({x for x, _ in way[1:-1]}) == 1


def test_no_box_is_no_picture() -> None:
    found = laid({}, box=BOX, pass_by=PASS)
    assert (found.x, found.ways, found.width) == ({}, {}, 0.0)
