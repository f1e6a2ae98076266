"""The page and the Markdown of a report of data, from tables written by hand."""

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from markupsafe import Markup

from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.eda_markdown import eda_markdown
from foresell.report.eda_page import EdaPage, eda_page, eda_sections, standfirst
from foresell.report.figures import Figure
from foresell.spec.project import ProjectSpec
from tests.described import ORDERS, SHOPS, described, order_rows, shop_rows

WEEKS = [date(2021, 1, 1) + timedelta(weeks=i) for i in range(60)]
FACTS = EdaFacts(
    project="shop",
    title="A <shop>",
    kind="panel",
    target="units",
    unit="pieces",
    frequency="W-FRI",
    keys=("store",),
    synthetic=False,
    rows="train",
    told_rows=120,
    of_rows=200,
    cutoff=WEEKS[-1],
    report_version="",
    fingerprint="f" * 64,
    raw="a" * 64,
    contract_version="1.0.0",
    contract_sha256="c" * 64,
    foresell="0.1.0",
    libraries={"polars": "2.1.0"},
)
TOLD: Mapping[str, Any] = {
    "findings": [{"says": "units rise | <b>always</b>"}],
    "files": [{"name": "a.csv", "rows": 3, "bytes": 44, "sha256": "d" * 64}],
}
TOTALS = pl.DataFrame({
    "date": WEEKS,
    "y": [float(10 + i) for i in range(60)],
    "series": [2] * 60,
    "level": [1.0] * 60,
    "holiday": [None] * 60,
    "events": ["labor_day" if i == 59 else "" for i in range(60)],
})
TABLES = {
    "totals": TOTALS,
    "series": pl.DataFrame({"store": ["a", "b"]}),
    "lengths": pl.DataFrame({"periods": [60], "series": [2], "complete": [2], "gapped": [0]}),
    "top_store": pl.DataFrame({
        "rank": [1, 2],
        "value": ["a", "b"],
        "share": [0.75, 0.25],
        "cumulative": [0.75, 1.0],
    }),
    "event_effects": pl.DataFrame(
        {
            "event": ["labor_day"] * 2,
            "date": [None, WEEKS[59]],
            "offset": [0, 0],
            "n": [1, 1],
            "quiet": [6, 6],
            "ratio": [1.25, 1.25],
            "low": [1.1, 1.1],
            "high": [1.4, 1.4],
        },
        schema_overrides={"date": pl.Date},
    ),
    "columns": pl.DataFrame({
        "column": ["units", "a b", "a-b"],
        "role": ["target", "feature", "feature"],
        "type": ["number"] * 3,
        "n": [120, 60, 120],
        "missing": [0, 60, 0],
        "missing_share": [0.0, 0.5, 0.0],
        "distinct": [60, 3, 3],
        "min": [10.0, 0.0, 0.0],
        "max": [69.0, 2.0, 2.0],
        "mean": [39.5, 1.0, 1.0],
        "p50": [39.5, 1.0, 1.0],
        "zeros": [0, 40, 40],
        "negatives": [0, 0, 0],
        "first": pl.Series([None] * 3, dtype=pl.Date),
        "last": pl.Series([None] * 3, dtype=pl.Date),
    }),
    "histograms": pl.DataFrame({
        "column": ["units", "a b", "a-b"],
        "low": [10.0, 0.0, 0.0],
        "high": [70.0, 2.0, 2.0],
        "rows": [120, 60, 120],
        "share": [1.0, 1.0, 1.0],
    }),
}


@pytest.fixture(scope="module")
def page() -> EdaPage:
    return eda_page(TOLD, TABLES, FACTS)


def test_the_page_says_what_the_tables_hold(page: EdaPage) -> None:
    text = re.sub(r"<svg.*?</svg>", "", page.html, flags=re.DOTALL).replace("\u00a0", " ")
    for said in (
        "2 weekly series of units, 2021 to 2022",
        "120 rows that models may learn from, up to 18 Feb 2022. The 80 rows that the test keeps "
        "were not looked at.",
        "The highest total, 69 pieces, came in the week of 18 Feb 2022 (Labor Day)",
        "Store a makes 75.0 % of the total",
        "Labor Day: +25 % in its week",
        "3 columns; 1 of them lacks values somewhere.",
        "2 of 2 series are complete, 0 have gaps",
        "units rise | &lt;b&gt;always&lt;/b&gt;",
        "A &lt;shop&gt;",
    ):
        assert said in text


def test_the_page_needs_nothing_from_anywhere_and_no_two_of_its_parts_have_one_name(
    page: EdaPage,
) -> None:
    ids = re.findall(r' id="([^"]+)"', page.html)
    assert "<script" not in page.html
    assert re.findall(r"(?:href|src)=\"(?!#)", page.html) == []
    assert "http" not in page.html.replace("http-equiv", "")
    assert len(ids) == len({*ids})


def test_each_figure_is_a_file_of_both_kinds_even_where_columns_are_called_alike(
    page: EdaPage,
) -> None:
    names = [figure.name for section in page.sections for figure in section.figures]
    assert sorted(page.pictures) == sorted(
        f"{name}.{kind}" for name in names for kind in ("svg", "png")
    )
    assert {"histogram-a-b.svg", "histogram-a-b-2.svg"} <= {*page.pictures}


def test_no_drawing_is_wider_than_a_phone_where_a_phone_shows_it(page: EdaPage) -> None:
    figures = [one for section in page.sections for one in section.figures]
    for figure in figures:
        shown = str(figure.narrow or figure.wide)
        assert float(shown.split('viewBox="0 0 ')[1].split(" ", maxsplit=1)[0]) <= 345, figure.name
    assert len({one.narrow for one in figures if one.narrow}) > 3


def test_the_same_tables_give_the_same_bytes(page: EdaPage) -> None:
    again = eda_page(TOLD, TABLES, FACTS)

    assert (page.html, page.pictures) == (again.html, again.pictures)


@pytest.mark.parametrize("left_out", [*TABLES])
def test_a_table_that_is_not_there_leaves_out_what_it_would_show_and_no_more(left_out: str) -> None:
    fewer = {name: table for name, table in TABLES.items() if name != left_out}

    sections = eda_sections(TOLD, fewer, FACTS)

    assert "files" in {section.name for section in sections}
    assert len(sections) < len(TABLES)


def test_no_table_at_all_still_gives_a_page() -> None:
    for kind in ("panel", "tabular"):
        page = eda_page({"findings": [], "files": []}, {}, replace(FACTS, kind=kind))

        assert "How to get this page again" in page.html
        assert page.pictures == {}


def test_a_report_of_all_rows_warns_that_the_test_was_looked_at() -> None:
    said = standfirst(replace(FACTS, rows="all", told_rows=200))

    assert said == (
        "All 200 rows that passed the gate, those of the test among them: what is learnt from this "
        "page must not choose a model."
    )


def test_the_command_makes_the_same_report_again() -> None:
    commands = [
        replace(FACTS, rows=rows, report_version=version).command  # type: ignore[arg-type]
        for rows, version in (
            ("train", ""),
            ("all", "all"),
            ("train", "v1"),
            ("all", "v2"),
            ("train", "train"),
        )
    ]

    assert commands == [
        "foresell eda shop",
        "foresell eda shop --rows all",
        "foresell eda shop --report-version v1",
        "foresell eda shop --rows all --report-version v2",
        "foresell eda shop --report-version train",
    ]


def test_markdown_has_the_same_sections_with_pictures_that_are_there_and_no_live_marks(
    page: EdaPage,
) -> None:
    text = eda_markdown(TOLD, TABLES, FACTS, page.sections)

    pictures = re.findall(r"\]\(figures/([^)]+)\)", text)
    assert {*pictures} == {name for name in page.pictures if name.endswith(".svg")}
    assert [f"## {section.title}" in text for section in page.sections] == [True] * len(
        page.sections
    )
    assert "1. units rise | &lt;b>always&lt;/b>" in text
    assert "[totals](tables/totals.csv)" in text
    widths = {
        line.replace("\\|", "").count("|")
        for line in text.split("Every column of the rows.")[1].splitlines()[2:7]
        if line.startswith("|")
    }
    assert len(widths) == 1


def _page_of(frame: pl.DataFrame, project: ProjectSpec) -> str:
    found = described(frame, project)
    facts = replace(FACTS, kind=project.kind, target=project.target, keys=project.keys)
    page = eda_page(found.told, found.tables, facts)
    text = re.sub(r"<svg.*?</svg>", "", page.html, flags=re.DOTALL)
    return html.unescape(text).replace("\u00a0", " ")


def test_series_without_a_value_of_their_segment_are_drawn_as_missing() -> None:
    rows = shop_rows().with_columns(
        type=pl.when(pl.col("shop") == 2).then(None).otherwise(pl.col("type")),
        sales=pl.col("sales") * pl.when(pl.col("shop") == 2).then(9).otherwise(1),
    )

    assert "(type missing) makes " in _page_of(rows, SHOPS)


@pytest.mark.parametrize("lacking", [1.0, 0.1])
def test_rows_without_a_day_and_values_without_a_target_leave_a_page(lacking: float) -> None:
    rows = order_rows().with_columns(
        day=pl.when(pl.int_range(pl.len()) < lacking * pl.len()).then(None).otherwise("day"),
        sales=pl.when(pl.col("line") == "cars").then(None).otherwise(pl.col("sales")),
    )

    assert "How to get this page again" in _page_of(rows, ORDERS)


def test_a_class_of_less_than_half_of_the_series_is_not_most_of_them() -> None:
    shares = {"steady": 0.4, "wild": 0.3, "volatile": 0.3}
    table = pl.DataFrame({
        "volatility": [*shares],
        "series": [4, 3, 3],
        "series_share": [*shares.values()],
        "share": [*shares.values()],
    })
    section = next(
        one for one in eda_sections(TOLD, {"volatility": table}, FACTS) if one.name == "series"
    )

    assert (
        section.figures[0].says.replace("\u00a0", " ")
        == "The largest class is steady: 40.0 % of them"
    )


def test_the_heading_of_categories_is_true_of_their_table() -> None:
    rows = order_rows().with_columns(
        line=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("rare")).otherwise(pl.col("line")),
        sales=pl
        .when(pl.int_range(pl.len()) == 0)
        .then(1e7)
        .when(pl.col("line") == "cars")
        .then(pl.col("sales") * 2)
        .otherwise(pl.col("sales")),
    )
    page = _page_of(rows, ORDERS)

    assert "line cars has the highest mean on 30 rows or more: " in page
    assert "By region, means differ no more than chance leaves" in page


def test_the_heading_of_events_is_of_a_row_that_is_drawn() -> None:
    effects = TABLES["event_effects"]
    before = effects.filter(pl.col("date").is_null()).with_columns(
        offset=pl.lit(-1, dtype=pl.Int64), ratio=pl.lit(1.64)
    )
    tables = {"event_effects": pl.concat([effects, before])}
    section = next(one for one in eda_sections(TOLD, tables, FACTS) if one.name == "events")

    said = [figure.says.replace("\u00a0", " ") for figure in section.figures]
    assert said == ["Labor Day: +25 % in its week", "Labor Day: +64 % in the week before it"]


def test_a_name_in_markdown_ends_no_link() -> None:
    figure = Figure(name="one", says="x](http://evil/p.png) & &lt;b>", shows="y", wide=Markup(""))
    text = eda_markdown(TOLD, {}, FACTS, [Section(name="a", title="A", half=(figure,))])

    assert "![x\\](http://evil/p.png) &amp; &amp;lt;b>](figures/one.svg)" in text
