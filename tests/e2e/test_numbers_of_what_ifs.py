"""What-if pages of real Walmart and real sales orders, against what the endpoints say."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.explored_truth import KEYS, Explored
from tests.looked_homes import dashboard
from tests.page_charts import by_column, drawn
from tests.page_numbers import Seen
from tests.page_words import (
    caption,
    change,
    day,
    fact,
    heading,
    heard,
    line,
    options,
    size,
    table,
    told,
    total,
    whole,
)
from tests.what_if_claims import (
    Server,
    claim_reasons,
    claim_varied,
    moved,
    one_decimal,
    signed,
    steps,
)

pytestmark = [pytest.mark.slow, pytest.mark.realdata]
W, S = "/ui/projects/walmart/what-if", "/ui/projects/sales_orders/what-if"


@pytest.fixture(scope="module")
def server(looked_home: Path) -> Iterator[Server]:
    with dashboard(looked_home, "walmart", "sales_orders") as base:
        yield Server(base)


@pytest.fixture(scope="module")
def truth(looked_home: Path) -> Explored:
    return Explored(looked_home)


def question(text: str) -> tuple[str, Any]:
    """The same question by HTTP, as the page tells it."""
    found = re.search(
        r"POST (\S+)\ncontent-type: application/json\n\n(.*?)</code>", text, re.DOTALL
    )
    assert found
    return found[1], json.loads(html.unescape(found[2]))


def weekday(one: date, truth: Explored) -> str:
    text = f"{one:%a} {day(one)}"
    return f"{text}, {truth.occasions[one]}" if one in truth.occasions else text


def claim_plan_form(page: Seen, truth: Explored, mine: pl.DataFrame) -> None:
    """Claim the choices of series and weeks, and what is planned of them."""
    asked = truth.published.filter("by_default")
    days = [weekday(one, truth) for one in asked["date"].unique().sort()]
    own = asked.select(KEYS).unique().join(truth.described, on=KEYS)
    for name in (*KEYS, "Size"):
        values = [str(one) for one in own[name].drop_nulls().unique().sort()]
        options(page, f"where.{name}", *values)
    for one in page.root.all("select"):
        if one.attrs["name"] in {"first", "last", "day"}:
            told(page, one, days)
    held = mine.filter("planned_IsHoliday")["date"].unique().sort()
    line(page, "Planned:", *(day(one) for one in held))


def claim_plan_chart(
    page: Seen, server: Server, truth: Explored, rows: pl.DataFrame, published: pl.DataFrame
) -> None:
    """Claim the forecasts by both plans, beside what was observed."""
    own = truth.history.join(published.select(KEYS).unique(), on=KEYS)
    past = own.group_by("date").agg(pl.col("y").sum()).sort("date")
    past = past.tail(rows.height + rows.height // 2)
    changed = rows["changed"].null_count() < rows.height
    with drawn(page, "plan", ask=server.get) as chart:
        if rows["low"].count():
            chart.same("area", ("date", "low", "high"), by_column(rows, "date", "low", "high"))
        if changed:
            days = rows.filter("moved")["date"]
            shade = next(one for one in chart.layers if one.mark == "rect")
            assert shade.rows[0]["date"] <= days[0].isoformat() <= shade.rows[0]["end"]
            chart.layers.remove(shade)
        chart.same("line", ("date", "y"), by_column(past, "date", "y"))
        chart.same("rule", ("date",), [(rows["date"][0].isoformat(),)])
        for name in ("planned", *(["changed"] if changed else [])):
            chart.same("line", ("date", name), by_column(rows, "date", name))
        names = {"planned": "as planned", "changed": "changed"}
        names |= {"low": "one in ten below", "high": "one in ten above"}
        chart.told([
            {"day": f"{row['date']:%a} {day(row['date'])}"}
            | {
                word: (whole(row[name] * (1 - 1e-9)), whole(row[name] * (1 + 1e-9)))
                for name, word in names.items()
                if rows[name].count()
            }
            for row in rows.iter_rows(named=True)
        ])
        chart.words()
        first = past["date"][0]
        marks = [one for one in truth.events if first <= one and one >= rows["date"][0]]
        chart.same("point", ("date",), [(one.isoformat(),) for one in marks])


def replied(told_of: Any) -> pl.DataFrame:
    """The reply of ``/forecast``, a row a week; sums where there are several series."""
    rows = pl.DataFrame(told_of["forecasts"], infer_schema_length=None)
    some = "effect" in rows.columns
    one = rows.select(KEYS).n_unique() == 1
    none = pl.lit(None, pl.Float64)
    named = rows.select(
        date=pl.col("Date").str.to_date(),
        planned="prediction_planned" if some else "prediction",
        changed="prediction" if some else none,
        low="p10" if one else none,
        high="p90" if one else none,
        moved="changed" if some else pl.lit(value=False),
    )
    summed = named.group_by("date").agg(
        pl.col("planned").sum(),
        pl.col("changed").sum() if some else none.alias("changed"),
        *(pl.col(name).sum() if one else none.alias(name) for name in ("low", "high")),
        pl.col("moved").any(),
    )
    return summed.sort("date")


def claim_days(page: Seen, truth: Explored, rows: pl.DataFrame) -> None:
    """Claim the table of weeks."""
    heads = ["Week", "planned", *(["hanged", "ffect"] if rows["changed"].count() else [])]
    heads += ["below", "above"] if rows["low"].count() else []
    lines = []
    for row in rows.iter_rows(named=True):
        cells = [weekday(row["date"], truth), one_decimal(row["planned"])]
        if row["changed"] is not None:
            effect = one_decimal(row["changed"] - row["planned"])
            quiet = not effect.strip("−0.")
            plus = "+" if row["changed"] > row["planned"] and not quiet else ""
            cells += [one_decimal(row["changed"]), effect.lstrip("−") if quiet else plus + effect]
        if row["low"] is not None:
            cells += [one_decimal(row["low"]), one_decimal(row["high"])]
        lines.append(cells)
    table(page, "forecast of every", [], heads, lines)


def claim_who(page: Seen, truth: Explored) -> None:
    line(page, "every caller is told", f"version {truth.version}")
    assert not page.left(), "nobody knows where these are from:\n" + "\n".join(page.left())


def test_a_store_as_planned_is_what_was_published(server: Server, truth: Explored) -> None:
    text = server.get(f"{W}?given=1&where.Store=1").text
    path, asked = question(text)
    assert (path, asked) == ("/projects/walmart/forecast", {"where": {"Store": 1}})
    rows, mine = replied(server.post(path, asked)), pl.col("Store") == 1
    published = truth.published.filter(mine & pl.col("by_default"))
    sums = published.group_by("date").agg(pl.col("prediction").sum()).sort("date")
    assert rows["planned"].to_list() == pytest.approx(sums["prediction"].to_list())
    page, weeks = Seen(text), f"{rows.height} weeks"
    much, span = size(total(rows["planned"]), "USD"), (day(rows["date"][0]), day(rows["date"][-1]))
    heading(page, much, weeks)
    series = published.select(KEYS).n_unique()
    line(page, "see what that does", f"{series} series", "Store 1", *span)
    claim_plan_form(page, truth, published)
    fact(page, "forecast of", much, weeks)
    fact(page, "a week in the mean", size(total(rows["planned"]) / rows.height, "USD"))
    top = rows.sort("planned", descending=True).row(0, named=True)
    fact(page, "the largest week", size(top["planned"], "USD"), day(top["date"]))
    caption(page, "plan")
    heard(page, "plan", *span, much)
    claim_plan_chart(page, server, truth, rows, published)
    claim_days(page, truth, rows)
    claim_who(page, truth)


def test_a_changed_week_is_what_the_endpoints_say_of_it(server: Server, truth: Explored) -> None:
    mine = (pl.col("Store") == 1) & (pl.col("Dept") == 1)
    published = truth.published.filter(mine & pl.col("by_default"))
    at = published.filter(~pl.col("planned_IsHoliday")).sort("prediction")["date"][-1]
    named = {"Store": 1, "Dept": 1, "Date": at.isoformat()}
    why = "/projects/walmart/explain"
    before, after = (server.post(why, {**named, **more}) for more in ({}, {"IsHoliday": True}))
    query = f"given=1&where.Store=1&where.Dept=1&set.IsHoliday=true&first={at}&last={at}"
    text = server.get(f"{W}?{query}").text
    path, asked = question(text)
    assert asked == {
        "where": {"Store": 1, "Dept": 1},
        "set": {"IsHoliday": True},
        "first": at.isoformat(),
        "last": at.isoformat(),
    }
    rows = replied(server.post(path, asked))
    assert rows["planned"].to_list() == pytest.approx(
        published.sort("date")["prediction"].to_list()
    )
    here = rows.filter("moved").row(0, named=True)
    assert here["date"] == at
    page, weeks = Seen(text), f"{rows.height} weeks"
    planned, changed = total(rows["planned"]), total(rows["changed"])
    effect = changed - planned
    heading(page, size(abs(effect), "USD"), change(effect / planned), weeks)
    line(page, "With IsHoliday yes in", "1 week", day(at), "Store 1", "Dept 1")
    claim_plan_form(page, truth, published)
    _claim_changed_facts(page, here, rows)
    caption(page, "plan", size(abs(here["changed"] - here["planned"])), day(at))
    span = (day(rows["date"][0]), day(rows["date"][-1]))
    heard(page, "plan", *span, size(planned, "USD"), size(changed, "USD"))
    claim_plan_chart(page, server, truth, rows, published)
    claim_days(page, truth, rows)
    assert after["prediction"] == pytest.approx(here["changed"], rel=1e-6)
    _claim_why(page, server, before, after, at)
    claim_who(page, truth)


def _claim_why(page: Seen, server: Server, before: Any, after: Any, at: date) -> None:
    """Claim where the forecast of a week comes from, and what the change of its plan did."""
    parts, said = steps(after), day(at)
    claim_reasons(page, server, "why", after["base_value"], parts, said)
    ways = moved(steps(before), parts)
    claim_reasons(page, server, "change", before["prediction"], ways, said)
    assert sum(one[2] for one in ways) == pytest.approx(
        after["prediction"] - before["prediction"], rel=1e-6, abs=1e-4
    )


def _claim_changed_facts(page: Seen, here: Mapping[str, Any], rows: pl.DataFrame) -> None:
    effect = total(rows["changed"]) - total(rows["planned"])
    fact(page, "what the change adds", signed(effect), f"{rows.height} weeks")
    for label, name in (("as planned", "planned"), ("with the change", "changed")):
        short, long = size(here[name], "USD"), f"{whole(here[name])} USD"
        apart = size(here["planned"], "USD") != size(here["changed"], "USD")
        fact(page, label, short if apart else long, *(["1 week"] if name == "planned" else []))
    fact(page, "one in ten lies below", size(here["low"], "USD"))
    fact(page, "one in ten lies above", size(here["high"], "USD"))


def test_a_row_is_answered_and_explained_as_the_endpoints_say(
    server: Server, looked_home: Path
) -> None:
    first = server.get(S).text
    _, row = question(first)
    why = server.post("/projects/sales_orders/explain", row)
    text = server.get(f"{S}?vary=MSRP").text
    path, asked = question(text)
    assert (path, asked) == ("/projects/sales_orders/predict", row)
    answer, page = server.post(path, row), Seen(text)
    now, low, high = (size(answer[name], "USD") for name in ("prediction", "p10", "p90"))
    heading(page, now)
    line(page, "Four in five lie between", low, high)
    fact(page, "expected", now)
    fact(page, "one in ten lies below", low)
    fact(page, "one in ten lies above", high)
    learnt = pl.concat([
        pl.read_parquet(one)
        for one in sorted((looked_home / "sales_orders" / "processed").rglob("*.parquet"))
    ])
    _claim_fields(page, row, learnt)
    line(page, "Country of the customer", "2 to 60")
    parts = [("", name, value) for name, value in why["contributions"].items()]
    claim_reasons(page, server, "why", why["base_value"], parts, "")
    added = why["base_value"] + sum(value for _, _, value in parts)
    assert added == pytest.approx(answer["prediction"], rel=1e-6)
    low_end, high_end = _ends(learnt["MSRP"])
    spaced = {round(low_end + at * (high_end - low_end) / 40) for at in range(41)}
    values = sorted(spaced | {row["MSRP"]})
    batch = {"rows": [{**row, "MSRP": value} for value in values]}
    got = server.post("/projects/sales_orders/predict/batch", batch)["predictions"]
    claim_varied(page, server, "MSRP", list(zip(values, got, strict=True)))
    version = json.loads((looked_home / "sales_orders" / "registered" / "version.json").read_text())
    line(page, "every caller is told", f"version {version['version']}")
    assert not page.left(), "nobody knows where these are from:\n" + "\n".join(page.left())


def _claim_fields(page: Seen, row: Mapping[str, Any], learnt: pl.DataFrame) -> None:
    """Claim what stands in each field, what is allowed there, and what was seen."""
    limits = {"ORDERLINENUMBER": ("1", "1 to 100"), "QUANTITYORDERED": ("1 to 1,000",)}
    limits |= {"PRICEEACH": ("100", "0", "100"), "MSRP": ("1 to 10,000",), "QTR_ID": ("1 to 4",)}
    limits |= {"MONTH_ID": ("1 to 12",), "YEAR_ID": ("1990 to 2100",)}
    for name, allowed in limits.items():
        field = next(one for one in page.root.all("input") if one.attrs["name"] == f"row.{name}")
        assert float(field.attrs["value"]) == row[name]
        page.field(f"row.{name}", field.attrs["value"])
        ends = " to ".join(f"{one:.10g}" for one in _ends(learnt[name]))
        hint = next(
            one for one in page.root.all("p") if one.attrs.get("id") == f"{field.attrs['id']}-hint"
        )
        text = page.words(hint)
        words = [one if one in text else one.replace(",", "") for one in allowed]
        told(page, hint, [*words, ends])


def _ends(values: pl.Series) -> tuple[Any, Any]:
    return values.min(), values.max()
