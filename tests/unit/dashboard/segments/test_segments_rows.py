"""Single rows of a table: every number of the page, recomputed from the artifacts it came from."""

import json
from datetime import date
from urllib.parse import parse_qsl

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.charts.drawing import render_svg
from foresell.dashboard.pages import page_of
from foresell.dashboard.rendering import rendered
from foresell.dashboard.what_if.table_form import BEFORE
from foresell.report.wording import amount, percent, signed
from tests.dashboard_site import visit_of
from tests.unit.dashboard.segments.judged_pages import (
    FILES,
    ORDERS,
    Query,
    asked_of,
    field,
    looked,
    rows_of,
    truth,
)
from tests.unit.dashboard.segments.tables import (
    CHAMPION,
    declared,
    shown_of,
)


def test_all_rows_have_the_numbers_that_the_run_wrote() -> None:
    test = json.loads(FILES[ORDERS]["evaluation", "test.json"])["protocols"]["held-out"]
    scores, best = test["scores"], test["best_baseline"]
    found = looked().answered
    assert found is not None

    assert {one.source for one in found.facts} == {
        f"evaluation/truth.parquet, predictions/{CHAMPION}.parquet"
    }
    assert [(one.value, one.label, one.note) for one in found.facts] == [
        (percent(scores["wape"]), "WAPE", f"{best['candidate']}: {percent(best['wape'])}"),
        (
            amount(scores["mae"], "USD"),
            "mean absolute error",
            f"RMSE {amount(scores['rmse'], 'USD')}",
        ),
        (
            percent(1 - scores["mae"] / best["mae"], 0),
            f"less error than {best['candidate']}",
            f"the best baseline: {amount(best['mae'], 'USD')} of mean absolute error",
        ),
        (
            percent(scores["coverage_80"]),
            "of the truth inside the 80\u00a0% band",
            f"95\u00a0% band: {percent(scores['coverage_95'])}",
        ),
        (f"+{percent(scores['bias_share'])}", "bias", "above zero: answers too high"),
    ]
    assert (found.shown, found.of) == (test["rows"], test["rows"])


def test_rows_are_chosen_by_several_values_of_a_column_and_by_both_ends_of_another() -> None:
    context = looked({
        "is.PRODUCTLINE": ["Planes", "Ships"], "from.MSRP": "50", "to.MSRP": "180.5",
    })  # fmt: skip
    own = truth().filter(
        pl.col("PRODUCTLINE").is_in(["Planes", "Ships"]) & pl.col("MSRP").is_between(50, 180.5)
    )
    assert context.answered is not None
    error = (own["prediction"] - own["y"]).to_numpy()

    assert 0 < own.height < truth().height
    assert rows_of(context) == set(own["row"].to_list())
    facts = {one.label: one.value for one in context.answered.facts}
    assert facts["WAPE"] == percent(float(np.abs(error).sum() / own["y"].abs().sum()))
    assert facts["mean absolute error"] == amount(float(np.abs(error).mean()), "USD")
    held = own.select(pl.col("y").is_between("q0.1", "q0.9").mean()).item()
    assert facts["of the truth inside the 80\u00a0% band"] == percent(held)
    assert [one.label for one in asked_of(context).active] == [
        "PRODUCTLINE Ships", "PRODUCTLINE Planes", "MSRP from\u00a050", "MSRP to\u00a0180.5",
    ]  # fmt: skip
    assert asked_of(context).active[0].without == {
        "is.PRODUCTLINE": ("Planes",), "from.MSRP": ("50",), "to.MSRP": ("180.5",),
    }  # fmt: skip


def test_rows_are_chosen_by_a_declared_band_and_by_days() -> None:
    capped = looked({"band.PRICEEACH": "100 and above"})
    assert rows_of(capped) == set(truth().filter(pl.col("PRICEEACH") >= 100)["row"].to_list())

    early = looked({"to.ORDERDATE": "2003-12-31", "from.ORDERDATE": "2003-03-01"})
    days = pl.col("ORDERDATE").is_between(date(2003, 3, 1), date(2003, 12, 31))
    assert rows_of(early) == set(truth().filter(days)["row"].to_list())


@settings(max_examples=20, deadline=None)
@given(
    lines=st.sets(st.sampled_from(["Classic Cars", "Planes", "Ships", "Trains"])),
    countries=st.sets(st.sampled_from(["USA", "Spain", "Sweden"])),
    least=st.integers(30, 220),
)
def test_values_of_a_column_widen_a_choice_and_columns_narrow_it(
    lines: set[str], countries: set[str], least: int
) -> None:
    context = looked({
        "is.PRODUCTLINE": sorted(lines), "is.COUNTRY": sorted(countries), "from.MSRP": str(least),
    })  # fmt: skip
    expected = {
        row["row"]
        for row in truth().iter_rows(named=True)
        if (not lines or row["PRODUCTLINE"] in lines)
        and (not countries or row["COUNTRY"] in countries)
        and row["MSRP"] >= least
    }
    assert rows_of(context) == expected
    assert (context.answered is None) == (not expected)


def test_the_options_count_the_judged_rows_that_have_each_value() -> None:
    options = field(looked({"is.COUNTRY": "Spain"}), "COUNTRY").options

    counts = dict(truth().group_by("COUNTRY").len().iter_rows())
    assert {one.value: one.rows for one in options} == counts
    assert [one.value for one in options if one.on] == ["Spain"]
    assert [one.rows for one in options] == sorted(counts.values(), reverse=True)


@pytest.mark.parametrize(
    ("query", "column", "error"),
    [
        ({"is.COUNTRY": "usa"}, "COUNTRY", "no judged row has 'usa': did you mean 'USA'?"),
        ({"from.MSRP": "cheap"}, "MSRP", "'cheap' is no number"),
        ({"from.MSRP": "nan"}, "MSRP", "'nan' is no number"),
        ({"to.MSRP": "1e999"}, "MSRP", "'1e999' is no number"),
        ({"from.MSRP": "90", "to.MSRP": "10"}, "MSRP", "from 90 is above to 10"),
        ({"from.ORDERDATE": "1/2/2003"}, "ORDERDATE",
         "'1/2/2003' is no day; write it as 2024-12-31"),
        ({"is.COUNTRY": "x" * 900}, "COUNTRY", f"no judged row has {'x' * 60!r}: known: "),
    ],
)  # fmt: skip
def test_what_is_no_value_of_a_column_is_told_beside_it_and_no_row_is_shown(
    query: Query, column: str, error: str
) -> None:
    context = looked(query)

    assert field(context, column).error.startswith(error)
    assert asked_of(context).faulty
    assert context.answered is None
    assert context.heading == "No row is chosen"
    html = rendered(
        page_of("forecast", "tabular"), context, visit_of(shown_of(ORDERS, {})), keyed=False
    )
    assert html.count(b'class="error"') == 1
    assert b"mend what is marked above" in html


def test_a_column_that_is_not_there_is_told() -> None:
    context = looked({"is.COLOUR": "red", "has.SALES": "1"})

    assert asked_of(context).strays == [
        "there is no column 'COLOUR' to choose rows by",
        "there is no column 'SALES' to choose rows by",
    ]
    assert context.answered is None


def test_a_choice_that_no_row_has_is_told_as_that() -> None:
    context = looked({"from.MSRP": "50", "to.MSRP": "50", "is.COUNTRY": "USA"})

    assert not asked_of(context).faulty
    assert context.answered is None
    html = rendered(
        page_of("forecast", "tabular"), context, visit_of(shown_of(ORDERS, {})), keyed=False
    )
    assert b"No judged row has all of this" in html


def test_the_other_protocol_has_its_own_rows_and_scores() -> None:
    test = json.loads(FILES[ORDERS]["evaluation", "test.json"])["protocols"]["chronological"]
    context = looked({"protocol": "chronological"})
    assert context.answered is not None
    assert context.rows is not None

    assert context.answered.facts[0].value == percent(test["scores"]["wape"])
    assert context.answered.facts[0].source.startswith("evaluation/chronological/truth.parquet")
    assert rows_of(context) == set(truth(ORDERS, "chronological/")["row"].to_list())
    assert [(one.label, one.on) for one in context.rows.cases] == [
        ("Held-out groups", False), ("Later rows", True),
    ]  # fmt: skip


def test_a_protocol_or_a_grouping_that_is_not_there_is_told_beside_its_field() -> None:
    context = looked({"protocol": "<b>", "by": "is.SALES"})
    assert context.rows is not None

    assert context.rows.errors["protocol"].startswith("these rows were not judged by '<b>'")
    assert context.rows.errors["by"].startswith("rows are not parted by 'is.SALES'")
    assert context.answered is not None


def test_the_chart_of_rows_holds_every_chosen_row() -> None:
    figure = looked({"is.COUNTRY": "Spain"}).figures["answers"]
    own = truth().filter(pl.col("COUNTRY") == "Spain").sort("row")

    assert figure.rows is not None
    assert (
        figure.rows.select("y", "prediction", "q0.1", "q0.9").rows()
        == own.select("y", "prediction", "q0.1", "q0.9").rows()
    )
    first = own.row(0, named=True)
    assert figure.rows["name"][0] == (
        f"ORDERNUMBER {first['ORDERNUMBER']}, ORDERLINENUMBER {first['ORDERLINENUMBER']}"
    )
    assert "within a tenth" in figure.title
    assert render_svg(figure.draw(520))


def test_sums_by_month_are_those_of_the_chosen_rows_and_a_month_without_rows_is_a_gap() -> None:
    figure = looked({"is.COUNTRY": "Spain"}).figures["sums"]
    own = truth().filter(pl.col("COUNTRY") == "Spain")
    months: dict[date, list[float]] = {}
    for row in own.iter_rows(named=True):
        at = months.setdefault(row["ORDERDATE"].replace(day=1), [0, 0.0, 0.0, 0.0])
        for place, value in enumerate((1, row["y"], row["prediction"], row["base"])):
            at[place] += value

    assert figure.rows is not None
    drawn = {row[0]: list(row[1:]) for row in figure.rows.iter_rows() if row[1] is not None}
    assert list(drawn) == sorted(months)
    for day, values in drawn.items():
        assert values == pytest.approx(months[day])
    assert figure.rows.height > len(drawn)
    assert render_svg(figure.draw(1040))


def test_errors_by_group_are_those_of_its_rows() -> None:
    figure = looked({"by": "is.PRODUCTLINE"}).figures["groups"]

    assert figure.rows is not None
    for row in figure.rows.iter_rows(named=True):
        own = truth().filter(pl.col("PRODUCTLINE") == row["value"])
        total = float(own["y"].abs().sum())
        assert row["n"] == own.height
        assert row["wape"] == pytest.approx(
            float((own["prediction"] - own["y"]).abs().sum()) / total
        )
        assert row["baseline"] == pytest.approx(float((own["base"] - own["y"]).abs().sum()) / total)
        held = own.select(pl.col("y").is_between("q0.1", "q0.9").mean()).item()
        assert row["coverage_80"] == pytest.approx(held)
        assert row["bias"] == pytest.approx(float((own["prediction"] - own["y"]).sum()) / total)
    assert render_svg(figure.draw(520))
    answered = looked({"by": "is.PRODUCTLINE"}).answered
    assert answered is not None
    assert answered.groups is not None
    assert [[cell.text for cell in row] for row in answered.groups.rows] == [
        [
            row["value"],
            str(row["n"]),
            percent(row["coverage_80"]),
            percent(row["coverage_95"]),
            signed(row["bias"]),
        ]
        for row in figure.rows.iter_rows(named=True)
    ]


def test_the_worst_rows_are_those_that_are_farthest_off() -> None:
    answered = looked().answered
    assert answered is not None
    table = answered.worst
    ranked = truth().with_columns(error=(pl.col("prediction") - pl.col("y"))).sort(
        pl.col("error").abs(), descending=True
    ).head(12)  # fmt: skip

    heads = list(table.heads)
    assert heads[:4] == ["Row", "ORDERDATE", "PRODUCTLINE", "COUNTRY"]
    assert heads[-4:] == ["Actual", "Predicted", "80\u00a0% band", "Error"]
    assert [row[0].text for row in table.rows] == [
        f"{row['ORDERNUMBER']}, {row['ORDERLINENUMBER']}" for row in ranked.iter_rows(named=True)
    ]
    outside = ~ranked.select(pl.col("y").is_between("q0.1", "q0.9")).to_series()
    assert [row[-4].mark == "warn" for row in table.rows] == outside.to_list()
    assert table.left_out == truth().height - 12


def test_each_of_the_worst_rows_leads_to_a_what_if_that_begins_with_its_values() -> None:
    answered = looked().answered
    assert answered is not None
    row = answered.kept.sort(pl.col("error").abs(), descending=True).row(0, named=True)
    path, _, query = answered.worst.rows[0][0].href.partition("?")

    assert path == "/ui/projects/sales_orders/what-if"
    told = {name.removeprefix(BEFORE): text for name, text in parse_qsl(query)}
    assert {name: type(row[name])(text) for name, text in told.items()} == {
        name: row[name] for name in declared(ORDERS).spec.with_role("feature")
    }
