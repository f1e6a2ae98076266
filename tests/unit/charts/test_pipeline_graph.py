"""The picture of a graph: every stage and arrow is in it, in the colours of the house."""

import re

import altair as alt
import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.charts.pipeline import pipeline_graph
from foresell.charts.theme import ACCENT, TOKENS
from foresell.errors import DataError

STAGES = pl.DataFrame({
    "name": ["manifest", "ingest", "split", "train"],
    "makes": ["manifest, sources", "landing", "splits, and more than fits in the box", "judged"],
    "outside": [True, False, False, False],
})
ARROWS = pl.DataFrame({
    "before": ["manifest", "ingest", "split"],
    "after": ["ingest", "split", "train"],
})


def test_every_stage_is_named_and_what_does_not_fit_is_cut() -> None:
    drawn = render_svg(pipeline_graph(STAGES, ARROWS))
    for text in (*STAGES["name"], "manifest, sources", "splits, and more than fits in…"):
        assert f">{text}</text>" in drawn


def test_only_what_looks_at_the_world_is_framed_in_colour() -> None:
    drawn = render_svg(pipeline_graph(STAGES, ARROWS))
    assert drawn.count(f'stroke="{ACCENT}"') == 1
    assert ACCENT not in render_svg(
        pipeline_graph(STAGES.with_columns(outside=pl.lit(value=False)), ARROWS)
    )


def test_the_picture_has_the_colours_of_the_house_alone_and_is_valid() -> None:
    spec = pipeline_graph(STAGES, ARROWS)
    alt.LayerChart.from_dict({key: spec[key] for key in spec if key != "config"})
    used = set(re.findall(r"#[0-9a-f]{6}", render_svg(spec)))
    assert used <= set(TOKENS.values())


def test_the_same_graph_is_the_same_picture() -> None:
    assert render_svg(pipeline_graph(STAGES, ARROWS)) == render_svg(pipeline_graph(STAGES, ARROWS))


def test_stages_without_arrows_are_drawn_side_by_side() -> None:
    drawn = render_svg(pipeline_graph(STAGES, ARROWS.clear()))
    assert drawn.count("</text>") == render_svg(pipeline_graph(STAGES, ARROWS)).count("</text>")


def test_no_stage_says_so() -> None:
    assert "There is no stage." in render_svg(pipeline_graph(STAGES.clear(), ARROWS.clear()))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="'makes'"):
        pipeline_graph(STAGES.drop("makes"), ARROWS)
