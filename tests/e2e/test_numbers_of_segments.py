"""The forecast page of real sales orders: every number and chart against the files of its home."""

import math
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.serving.site import Site
from tests.dashboard_site import get, site_of
from tests.page_charts import by_column, drawn
from tests.page_numbers import Seen, claimed
from tests.page_words import (
    aligned,
    caption,
    change,
    fact,
    heading,
    heard,
    line,
    month,
    share,
    short_month,
    size,
    table,
    told,
    whole,
)
from tests.rows_claims import claim_rows
from tests.segments_truth import Orders, Segment

pytestmark = [pytest.mark.slow, pytest.mark.realdata]
S = "/ui/projects/sales_orders/forecast"
_RULES = {"naive": "last month again", "seasonal_naive": "year before"}
_EDGES = ("lower_80", "upper_80", "lower_95", "upper_95")


@pytest.fixture(scope="module")
def site(looked_home: Path) -> Site:
    return site_of(looked_home, "sales_orders")


@pytest.fixture(scope="module")
def truth(looked_home: Path) -> Orders:
    return Orders(looked_home)


VIEWS: tuple[tuple[int, str, str, str, dict[str, Any]], ...] = (
    (0, "", "held-out", "PRODUCTLINE", {}),
    (1, "&by=is.MONTH_ID&is.PRODUCTLINE=Ships", "held-out", "MONTH_ID", {"PRODUCTLINE": "Ships"}),
    (
        2,
        "&protocol=chronological&by=is.COUNTRY&is.QTR_ID=1",
        "chronological",
        "COUNTRY",
        {"QTR_ID": 1},
    ),
)


@pytest.mark.parametrize("view", VIEWS, ids=["all rows", "ships", "later rows"])
def test_every_number_of_a_segment_and_of_rows_is_that_of_a_file(
    site: Site, truth: Orders, view: tuple[int, str, str, str, dict[str, Any]]
) -> None:
    place, query, protocol, by, chosen = view
    name, segment = [*truth.segments.items()][place]
    rows = truth.judged(protocol, **chosen)
    with claimed(site, f"{S}?segment={name}{query}") as page:
        claim_months(page, segment)
        claim_listed(page, truth)
        claim_swings(page, segment)
        claim_choice(page, segment)
        known = month(segment.months["date"][-1])
        line(page, "Below: how each", known, f"{rows.every.height} rows")
        claim_rows(page, rows, truth, by, chosen)


def claim_months(page: Seen, one: Segment) -> None:
    """Claim the heading, the facts and the months of a segment."""
    ahead, days = one.ahead, one.ahead["date"].to_list()
    span = (short_month(days[0]), short_month(days[-1]))
    heading(page, size(one.total, "USD"), *span, share(abs(one.change), 0))
    first = ahead.row(0, named=True)
    edges = (size(first["lower_80"], "USD"), size(first["upper_80"], "USD"))
    said = size(first["prediction"], "USD")
    fact(page, "forecast for", said, short_month(days[0]), "80 % band", *edges)
    gain, backtest = one.less(one.own), one.told["backtest"]
    errors = (size(one.own["rmse"], "USD"), size(one.rival["rmse"], "USD"))
    label = "less error than the" if gain >= 0 else "more error than the"
    fact(page, label, share(abs(gain), 0), f"{backtest['n']} months", *errors)
    swing = one.told["volatility"]
    fact(page, "volatility", aligned(swing["monthly"]), aligned(swing["annualised"]))
    losses = one.told["value_at_risk"]
    lost = next(each for each in losses["levels"] if each["level"] == 95)
    money = next(each for each in losses["amounts"]["levels"] if each["level"] == 95)
    since = date.fromisoformat(f"{losses['amounts']['from_month']}-01")
    worse = (share(lost["var_share"], 0), short_month(since), "20")
    fact(page, "value at risk", size(money["var"], "USD"), "95 %", *worse)

    _claim_months_words(page, one)
    _claim_months_chart(page, one)


def _claim_months_words(page: Seen, one: Segment) -> None:
    ahead = one.ahead
    best = ahead.sort("prediction", descending=True).row(0, named=True)
    band = (size(best["lower_80"], "USD"), size(best["upper_80"], "USD"))
    model = one.told["forecast"]["model"].get("orders") or ""
    found = (month(best["date"]), size(best["prediction"], "USD"), "80 % band", *band)
    caption(page, "months", *found, model, "80 and 95 %")
    known = one.months["value"].to_list()
    ends = (month(one.months["date"][0]), month(one.months["date"][-1]))
    behind = (f"{len(known)} months", *ends, size(min(known), "USD"), size(max(known), "USD"))
    coming = [
        text
        for row in ahead.iter_rows(named=True)
        for text in (month(row["date"]), size(row["prediction"], "USD"))
    ]
    heard(page, "months", *behind, *coming)


def _claim_months_chart(page: Seen, one: Segment) -> None:
    past, ahead = one.months, one.ahead
    end = (past["date"][-1].isoformat(), past["value"][-1])
    with drawn(page, "months") as chart:
        for low, high in (("lower_95", "upper_95"), ("lower_80", "upper_80")):
            band = ahead.select("date", low=low, high=high)
            chart.same("area", ("date", "low", "high"), by_column(band, "date", "low", "high"))
        chart.same("rule", ("date",), [(ahead["date"][0].isoformat(),)])
        naive = ahead.select("date", value=pl.Series(one.naive))
        gap = [(day.isoformat(), None) for day in ahead["date"]]
        chart.same("line", ("date", "value"), [end, *by_column(naive, "date", "value")])
        chart.same("line", ("date", "value"), [*by_column(past, "date", "value"), *gap])
        own = ahead.select("date", value="prediction")
        chart.same("line", ("date", "value"), [end, *by_column(own, "date", "value")])
        rule = _RULES[one.rival["name"]]
        chart.told([
            {"title": month(when), "actual": whole(value)} for when, value in past.iter_rows()
        ])
        rows = zip(ahead.iter_rows(named=True), one.naive, strict=True)
        chart.told([
            {
                "title": month(row["date"]),
                "foresell": whole(row["prediction"]),
                rule: whole(again),
                "80 % band": f"{whole(row['lower_80'])} to {whole(row['upper_80'])}",
                "95 % band": f"{whole(row['lower_95'])} to {whole(row['upper_95'])}",
            }
            for row, again in rows
        ])
        chart.says("forecast from here", rule, "foresell", "actual")


def claim_listed(page: Seen, truth: Orders) -> None:
    """Claim the table of all declared segments."""
    rows = []
    for one in truth.segments.values():
        lost = next(each for each in one.told["value_at_risk"]["levels"] if each["level"] == 95)
        rows.append([
            None,
            aligned(one.total),
            change(one.change),
            share(one.less(one.own)),
            aligned(one.told["volatility"]["monthly"]),
            share(lost["var_share"], 0),
        ])
    heads = ("Segment", "sum", "year before", "RMSE", "olatility", "95 %")
    steps = max(one.ahead.height for one in truth.segments.values())
    table(page, "declared segments", [f"{steps} months"], heads, rows)


def claim_swings(page: Seen, one: Segment) -> None:
    """Claim how far months moved, what is at risk, and what to keep in mind."""
    values = one.returns["value"].to_list()
    swing = one.told["volatility"]["monthly"]
    within = sum(abs(value) <= swing for value in values)
    moved = [change(math.expm1(value)) for value in (-swing, swing)]
    caption(page, "swings", f"{within} of {len(values)} months", *moved)
    ends = [change(math.expm1(value)) for value in (min(values), max(values))]
    heard(page, "swings", f"{len(values)} months", *ends, aligned(swing))
    with drawn(page, "swings") as chart:
        bars = one.returns.with_columns(zero=pl.lit(0.0))
        chart.same("rule", ("date", "value", "zero"), by_column(bars, "date", "value", "zero"))
        both = one.path.select("date", lower=-pl.col("value"), upper="value")
        chart.same("area", ("date", "lower", "upper"), by_column(both, "date", "lower", "upper"))
        for name in ("lower", "upper"):
            chart.same("line", ("date", name), by_column(both, "date", name))
        chart.same("rule", ("value",), [(0.0,)])
        chart.told([
            {"title": month(when), "change": _moved(value)}
            for when, value in one.returns.iter_rows()
        ])
        chart.told([
            {
                "title": month(when),
                "one standard deviation": f"{_moved(-value)} to {_moved(value)}",
            }
            for when, value in one.path.iter_rows()
        ])
        chart.says("volatility")
    losses = one.told["value_at_risk"]
    money = {each["level"]: each for each in losses["amounts"]["levels"]}
    since = date.fromisoformat(f"{losses['amounts']['from_month']}-01")
    rows = [
        [
            f"{each['level']} %",
            *(share(each[name]) for name in ("var_share", "cvar_share")),
            *(aligned(money[each["level"]][name]) for name in ("var", "cvar")),
        ]
        for each in losses["levels"]
    ]
    table(page, "may fall", [month(since)], ("Level", "risk", "CVaR", "USD", "USD"), rows)
    said = []
    for each in one.told["kupiec"]["levels"]:
        said += [f"{each['level']} %", f"{each['failures']} of {each['months']} months"]
        if not each["available"]:  # why months are too few is said once, how many are needed always
            why, _, need = each["reason"].partition("; ")
            said += [need] if why in said else [why, need]
    line(page, "Did the past keep to it", *said)
    for text in one.told["limitations"]:
        line(page, text[1:], f"{text[:1].upper()}{text[1:]}")


def _moved(value: float) -> str:
    """A logarithmic return as a change, as a pointer over it tells it."""
    return f"{round(100 * math.expm1(value)):,} %"


def claim_choice(page: Seen, one: Segment) -> None:
    """Claim how the forecast was chosen."""
    backtest = one.told["backtest"]
    rows = [
        [
            None,
            aligned(each["rmse"]),
            aligned(each["mae"]),
            "–" if each["smape"] is None else share(each["smape"]),
            share(each["coverage_80"]),
            share(one.less(each)),
        ]
        for each in one.tried
    ]
    said = (f"{backtest['n']} months", f"{len(backtest['origins'])} origins")
    heads = ("Candidate", "RMSE", "MAE", "sMAPE", "80 %", "RMSE")
    table(page, "The backtest", said, heads, rows)
    warned = one.told["warnings"]
    if warned:
        line(page, "libraries warned", str(len(warned)))
        notes = [
            one
            for box in page.root.all("ul")
            for one in box.all("li")
            if any(page.words(one).startswith(f"{each['where']}: ") for each in warned)
        ]
        assert len(notes) == len(warned)
        for each, text in zip(notes, warned, strict=True):
            told(page, each, [" ".join(f"{text['where']}: {text['text']}".split())])


def test_a_file_of_months_holds_the_months_of_the_segment(site: Site, truth: Orders) -> None:
    name, one = next(iter(truth.segments.items()))
    asked = pl.concat(
        [
            one.months.rename({"value": "actual"}),
            one.ahead.with_columns(pl.Series(one.rival["name"], one.naive)),
        ],
        how="diagonal",
    )
    _holds(site, "months", f"segment={name}", asked)


def test_a_file_of_rows_holds_the_rows_that_were_chosen(site: Site, truth: Orders) -> None:
    rows = truth.judged("held-out", PRODUCTLINE="Ships").kept
    error = pl.col("prediction") - pl.col("y")
    asked = rows.with_columns(error=error).rename({"rival": "baseline"})
    _holds(site, "rows", "is.PRODUCTLINE=Ships", asked)


def _holds(site: Site, name: str, query: str, asked: pl.DataFrame) -> None:
    got = get(site, f"{S}/files/{name}.parquet?{query}")
    assert got.status_code == 200, got.text
    found = pl.read_parquet(BytesIO(got.content))
    assert {*found.columns} == {*asked.columns}
    _near(found, asked)
    text = get(site, f"{S}/files/{name}.csv?{query}").content
    again = pl.read_csv(BytesIO(text), try_parse_dates=True, infer_schema_length=None)
    _near(again, asked)


def _near(found: pl.DataFrame, asked: pl.DataFrame) -> None:
    """Compare every value; a difference may differ in its last digit."""
    assert_frame_equal(
        found, asked, check_dtypes=False, check_column_order=False, rel_tol=1e-9, abs_tol=1e-9
    )
