"""Declared segments by month: each number of the page is that of the segment's own file."""

import json
import re
from datetime import date
from typing import Any

import polars as pl
import pytest

from foresell.charts.drawing import render_svg
from foresell.dashboard.page import Trouble
from foresell.dashboard.pages import page_of
from foresell.dashboard.rendering import rendered
from foresell.dashboard.segments import page
from foresell.report.wording import amount, measured, percent
from tests.dashboard_site import visit_of
from tests.unit.dashboard.segments.tables import Files, assessed, judged_files, risk_files, shown_of

ORDERS = "sales_orders"
NAME = "sales_ts_risk_usa"
SOURCE = f"segment_risk/{NAME}.json"


def looked(files: Files, query: dict[str, str] | None = None, **changes: Any) -> page.Segments:
    return page.context(visit_of(shown_of(ORDERS, files, **changes), query))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return dict(assessed(30))


@pytest.fixture(scope="module")
def files(told: dict[str, Any]) -> Files:
    return risk_files(told)


def test_the_numbers_are_those_of_the_file_and_say_so(told: dict[str, Any], files: Files) -> None:
    found = looked(files).ahead
    assert found is not None
    first = told["forecast"]["months"][0]
    chosen = next(
        one for one in told["backtest"]["candidates"] if one["name"] == told["forecast"]["method"]
    )
    rivals = {one["name"]: one for one in told["backtest"]["candidates"]}
    better = rivals["seasonal_naive"]
    assert better["rmse"] < rivals["naive"]["rmse"]
    risk, paid = (
        one["levels"][0] for one in (told["value_at_risk"], told["value_at_risk"]["amounts"])
    )
    edges = " to ".join(amount(first[name], "USD") for name in ("lower_80", "upper_80"))

    assert {one.source for one in found.facts} == {SOURCE}
    assert [(one.value, one.label, one.note) for one in found.facts] == [
        (
            amount(first["prediction"], "USD"),
            "forecast for Jul\u00a02005",
            f"80\u00a0% band: {edges}",
        ),
        (
            percent(1 - chosen["rmse"] / better["rmse"], 0),
            "less error than the seasonal naive forecast",
            f"RMSE of {told['backtest']['n']}\u00a0months of the backtest: "
            f"{amount(chosen['rmse'], 'USD')} against {amount(better['rmse'], 'USD')}; "
            "the method was chosen on the same months",
        ),
        (
            measured(told["volatility"]["monthly"]),
            "volatility of a month, in logarithms",
            f"{measured(told['volatility']['annualised'])} of a year, by "
            f"{told['volatility']['method'].upper()}",
        ),
        (
            amount(paid["var"], "USD"),
            "value at risk of the next month, 95\u00a0%",
            f"{percent(risk['var_share'], 0)} below Jun\u00a02005; in one month of 20 it falls "
            "further",
        ),
    ]


def test_the_heading_sums_the_months_to_come_and_compares_them_with_the_year_before(
    told: dict[str, Any], files: Files
) -> None:
    ahead = [one["prediction"] for one in told["forecast"]["months"]]
    months = {one["month"]: one["value"] for one in told["series"]["months"]}
    before = [months[f"2004-{one['month'][5:]}"] for one in told["forecast"]["months"]]
    change = sum(ahead) / sum(before) - 1

    assert looked(files).heading == (
        f"USA: {amount(sum(ahead), 'USD')} from Jul\u00a02005 to Sep\u00a02005, "
        f"{percent(abs(change), 0)} {'more' if change > 0 else 'less'} than a year before"
    )


def test_every_month_of_the_file_is_drawn_and_given_away(
    told: dict[str, Any], files: Files
) -> None:
    context = looked(files)
    assert context.ahead is not None
    months = context.ahead.months
    figure = context.figures["months"]

    assert figure.rows is not None
    assert months.equals(figure.rows)
    assert months.drop_nulls("actual").select("date", "actual").rows() == [
        (date.fromisoformat(f"{one['month']}-01"), one["value"]) for one in told["series"]["months"]
    ]
    edges = ("prediction", "lower_80", "upper_80", "lower_95", "upper_95")
    assert months.drop_nulls("prediction").select(edges).rows() == [
        tuple(one[name] for name in edges) for one in told["forecast"]["months"]
    ]
    rivals = {one["name"]: one["rmse"] for one in told["backtest"]["candidates"] if "rmse" in one}
    rival = min(("naive", "seasonal_naive"), key=lambda name: rivals[name])
    assert rival == "seasonal_naive"
    assert months.drop_nulls("prediction")[rival].to_list() == [
        one["value"] for one in told["series"]["months"][-12:-9]
    ]
    svg = render_svg(figure.draw(760))
    assert ">year before<" in svg
    assert ">foresell<" in svg


def test_returns_and_volatility_are_drawn_as_the_file_has_them(
    told: dict[str, Any], files: Files
) -> None:
    figure = looked(files).figures["swings"]

    assert figure.rows is not None
    assert figure.rows.drop_nulls("return")["return"].to_list() == [
        one["return"] for one in told["returns"]["values"]
    ]
    assert figure.rows.drop_nulls("volatility")["volatility"].to_list() == [
        one["monthly"] for one in told["volatility"]["path"]
    ]
    assert "volatility" in render_svg(figure.draw(520))


def test_the_tables_hold_every_candidate_every_level_and_every_limitation(
    told: dict[str, Any], files: Files
) -> None:
    found = looked(files).ahead
    assert found is not None
    assert found.tried is not None
    assert found.losses is not None
    judged = [one for one in told["backtest"]["candidates"] if one["available"]]
    ranked = sorted(judged, key=lambda one: (one["rmse"], one["name"]))

    assert [row[0].text for row in found.tried.rows][: len(ranked)] == [
        one["name"] for one in ranked
    ]
    assert [row[4].text for row in found.tried.rows][: len(ranked)] == [
        percent(one["coverage_80"]) for one in ranked
    ]
    assert found.tried.marks[0] == "champion"
    assert [row[1].text for row in found.losses.rows] == [
        percent(one["var_share"]) for one in told["value_at_risk"]["levels"]
    ]
    assert list(found.limitations) == told["limitations"]
    assert f"of {told['kupiec']['levels'][0]['months']} months" in found.tested


def test_why_few_months_test_no_level_is_said_once() -> None:
    told = assessed(30)
    levels = told["kupiec"]["levels"]
    assert [one["available"] for one in levels] == [False, False]
    found = looked(risk_files(told)).ahead
    assert found is not None

    months = levels[0]["months"]
    broken = [f"broken in {one['failures']} of {months} months" for one in levels]
    assert found.tested == (
        f"95\u00a0%: {broken[0]} ({months} months are too few to expect one failure; 20 are "
        f"needed); 99\u00a0%: {broken[1]} (100 are needed)"
    )


def test_the_months_that_are_drawn_are_offered_once_in_each_form(files: Files) -> None:
    visit = visit_of(shown_of(ORDERS, files))
    html = rendered(page_of("forecast", "tabular"), page.context(visit), visit, keyed=False)
    links = re.findall(r'href="[^"?]*/(months\.\w+)', html.decode())
    assert links == ["months.csv", "months.parquet"]


def test_a_segment_without_rows_is_listed_with_its_reason_and_cannot_be_looked_at(
    told: dict[str, Any],
) -> None:
    context = looked(risk_files(told, absent="Atlantis"))
    assert context.listed is not None

    rows = {row[0].text: row for row in context.listed.rows}
    assert list(rows) == ["USA", "Atlantis"]
    assert rows["Atlantis"][0].href == ""
    assert {cell.text for cell in rows["Atlantis"][1:]} == {"–"}
    assert context.absent == [("Atlantis", "no row has COUNTRY=Atlantis; known: USA")]
    assert rows["USA"][0].href.endswith(f"/forecast?segment={NAME}")
    assert context.listed.marks == ["champion", ""]


def test_the_segments_are_compared_by_their_own_files(told: dict[str, Any]) -> None:
    other = {**assessed(26), "name": "other", "segment": {"COUNTRY": ["Spain"]}}
    context = looked(risk_files(told, other), {"segment": "other"})
    assert context.listed is not None
    assert context.ahead is not None

    assert context.ahead.title == "Spain"
    assert context.listed.marks == ["", "champion"]
    assert [row[4].text for row in context.listed.rows] == [
        measured(one["volatility"]["monthly"]) for one in (told, other)
    ]


def test_a_segment_that_is_not_there_is_told_and_the_others_stay(files: Files) -> None:
    context = looked(files, {"segment": "<script>" + "x" * 500})

    assert context.ahead is None
    assert context.listed is not None
    assert context.troubles["segment"].what.startswith("there is no segment '<script>xxx")
    assert len(context.troubles["segment"].what) < 100


@pytest.mark.parametrize(
    ("count", "missing"),
    [
        (2, ["forecast", "backtest", "volatility", "value at risk"]),
        (5, ["backtest", "volatility", "value at risk"]),
    ],
)
def test_what_few_months_cannot_say_is_told_with_the_reason(count: int, missing: list[str]) -> None:
    told = assessed(count)
    context = looked(risk_files(told))
    assert context.ahead is not None

    assert [part for part, _ in context.ahead.missing] == missing
    assert [why for _, why in context.ahead.missing] == [
        told[part.replace(" ", "_")]["reason"] for part in missing
    ]
    assert context.figures["months"].draw(340)["layer"]


def test_a_last_month_without_sales_leaves_shares_and_no_amounts() -> None:
    context = looked(risk_files(assessed(28, last=0.0)))
    assert context.ahead is not None

    assert ("value at risk in money", "the last month, 2005-04, is not positive: nothing can fall "
            "from it") in context.ahead.missing  # fmt: skip
    assert context.ahead.facts[-1].value.endswith("%")


def test_before_the_first_run_it_says_what_to_run() -> None:
    context = looked({})

    assert context.heading == "Nothing was forecast yet"
    assert context.troubles["segments"] == Trouble(
        what="there is no risk.json yet",
        where="sales_orders/segment_risk",
        mend="foresell run sales_orders",
        next=True,
    )
    assert context.troubles["rows"].next


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"forecast": 7}', b'{"series": {"available": true}}', b"\xff"],
)
def test_a_broken_file_of_a_segment_takes_away_that_segment_alone(
    told: dict[str, Any], content: bytes
) -> None:
    other = {**told, "name": "other", "segment": {"COUNTRY": ["Spain"]}}
    files = (
        risk_files(told, other) | judged_files(ORDERS) | {("segment_risk", f"{NAME}.json"): content}
    )
    context = looked(files)

    assert context.ahead is not None
    assert context.ahead.title == "Spain"
    assert SOURCE in context.troubles["segment"].what
    assert context.answered is not None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"segments": [{}]}', b'{"segments": 3}'])
def test_a_broken_list_of_segments_is_told_and_the_rows_stay(content: bytes) -> None:
    context = looked(judged_files(ORDERS) | {("segment_risk", "risk.json"): content})

    assert "segment_risk/risk.json" in context.troubles["segments"].what
    assert not context.troubles["segments"].next
    assert context.answered is not None


def test_a_dated_table_without_segments_says_how_to_declare_one() -> None:
    context = looked(judged_files(ORDERS), risk=None)

    assert "risk: {segments: [{}]}" in context.hint
    assert "segments" not in context.troubles
    assert context.heading.startswith("Nine answers in ten miss by less than")


def test_the_months_are_given_as_csv_and_parquet(told: dict[str, Any], files: Files) -> None:
    visit = visit_of(shown_of(ORDERS, files), {"segment": NAME})
    as_csv, as_parquet = (page.download(visit, f"months.{form}") for form in ("csv", "parquet"))

    assert as_csv.name == "sales_orders_months.csv"
    rows = pl.read_csv(as_csv.content, try_parse_dates=True)
    assert rows.drop_nulls("actual")["actual"].to_list() == [
        one["value"] for one in told["series"]["months"]
    ]
    assert pl.read_parquet(as_parquet.content)["prediction"].drop_nulls().to_list() == [
        one["prediction"] for one in told["forecast"]["months"]
    ]
    assert json.loads(files["segment_risk", f"{NAME}.json"]) == told
