"""Claims on how single rows of sales_orders were answered, by `tests.segments_truth`."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tests.page_charts import CLOSE, Chart, Row, by_column, drawn
from tests.page_numbers import Seen
from tests.page_words import (
    aligned,
    caption,
    change,
    day,
    fact,
    heard,
    line,
    month,
    options,
    share,
    size,
    table,
    told,
    total,
    whole,
)
from tests.segments_truth import FEW, Judged, Orders

_MANY = 30  # rows of a group from which on its error counts for the finding


def claim_rows(page: Seen, rows: Judged, truth: Orders, by: str, chosen: Mapping[str, Any]) -> None:
    """Claim all below the months: the form, what was chosen, and how it was answered."""
    many = rows.kept.height
    misses = (rows.kept["prediction"] - rows.kept["y"]).abs().quantile(0.9, "linear")
    assert misses is not None
    assert many >= 10
    nine = size(misses, "USD")
    title = next(one for one in page.root.all("h2") if one.attrs.get("id") == "rows")
    told(page, title, [nine])
    line(
        page, "answered by", f"{rows.every.height} rows", rows.champion, f"version {truth.version}"
    )
    claim_fields(page, rows, truth, chosen)
    for box in page.root.all("ul"):
        if box.attrs.get("class") == "chips":
            told(page, box, [f"{name} {value}" for name, value in chosen.items()])
    status = [one for one in page.root.all("p") if one.attrs.get("role") == "status"]
    told(page, status[0], [f"{many:,}", f"{rows.every.height:,} rows"])
    claim_facts(page, rows)
    near = (pl.col("prediction") - pl.col("y")).abs() <= 0.1 * pl.col("y").abs()
    tenth = share(rows.kept.filter(near).height / many, 0)
    caption(page, "answers", tenth)
    heard(page, "answers", f"{many:,} rows", tenth, nine)
    claim_dots(page, rows)
    claim_groups(page, rows, by)
    claim_sums(page, rows)
    claim_worst(page, rows)


def claim_fields(page: Seen, rows: Judged, truth: Orders, chosen: Mapping[str, Any]) -> None:
    """Claim the form: values with their rows, and from where to where the others lie."""
    every = rows.every
    for name in ("PRODUCTLINE", "COUNTRY"):
        _claim_listed(page, f"is.{name}", rows.listed(name), str(chosen.get(name, "all")))
    _claim_listed(page, "band.PRICEEACH", rows.bands)
    _claim_limits(page, "ORDERDATE", *(day(one) for one in _ends(every["ORDERDATE"])))
    for name in rows.columns:
        if every[name].dtype.is_integer() and every[name].n_unique() <= FEW:
            _claim_listed(page, f"is.{name}", rows.listed(name), str(chosen.get(name, "all")))
        else:
            low, high = (whole(float(one)) for one in _ends(every[name]))
            _claim_limits(page, name, low, f"{high}{truth.units.get(name, '')}")
    line(page, "more columns", str(len(rows.columns)))
    options(page, "protocol")
    options(page, "by")


def _ends(values: pl.Series) -> tuple[Any, Any]:
    return values.min(), values.max()


def _claim_listed(
    page: Seen, name: str, values: list[tuple[Any, int]], chosen: str = "all"
) -> None:
    labels = [
        one
        for one in page.root.all("label")
        if any(two.attrs.get("name") == name for two in one.all("input"))
    ]
    assert len(labels) == len(values), name
    for one, (value, n) in zip(labels, values, strict=True):
        box, *_ = one.all("input")
        assert box.attrs["value"] == str(value), name
        assert page.words(one) == f"{value} {value} {n:,}"
        page._claim(one.start, one.end)
    boxes = [one for one in page.root.all("details") if labels[0] in one.walk()]
    box = min(boxes, key=lambda one: one.end - one.start)
    told(page, box.all("summary")[0], [chosen])


def _claim_limits(page: Seen, column: str, low: str, high: str) -> None:
    fields = [
        one
        for one in page.root.all("fieldset")
        if "ends" in one.attrs.get("class", "")
        and any(page.words(two) == column for two in one.all("legend"))
    ]
    assert len(fields) == 1, column
    told(page, fields[0], [low, high])


def claim_facts(page: Seen, rows: Judged) -> None:
    """Claim the numbers that matter of the chosen rows."""
    kept, rival = rows.kept, share(rows.share("rival"))
    fact(page, "WAPE", share(rows.share("prediction")), rows.baseline, rival)
    squared = total((kept["prediction"] - kept["y"]) ** 2) / kept.height
    own, other = rows.mean("prediction"), rows.mean("rival")
    fact(page, "mean absolute error", size(own, "USD"), size(squared**0.5, "USD"))
    gain = 1 - own / other
    label = f"{'less' if gain >= 0 else 'more'} error than {rows.baseline}"
    fact(page, label, share(abs(gain), 0), size(other, "USD"))
    wide = ("95 % band", share(rows.held("q0.025", "q0.975")))
    fact(page, "of the truth inside", share(rows.held("q0.1", "q0.9")), "80 % band", *wide)
    fact(page, "bias", change(rows.bias()))


def claim_dots(page: Seen, rows: Judged) -> None:
    """Claim the truth of every chosen row beside its answer."""
    inside = pl.col("y").is_between("q0.1", "q0.9")
    with drawn(page, "answers") as chart:
        tips = [
            {
                "title": f"ORDERNUMBER {row['ORDERNUMBER']}, "
                f"ORDERLINENUMBER {row['ORDERLINENUMBER']}",
                "Actual": whole(row["y"]),
                "Predicted": whole(row["prediction"]),
                "80 % band": f"{whole(row['q0.1'])} to {whole(row['q0.9'])}",
            }
            for row in rows.kept.iter_rows(named=True)
        ]
        chart.tips("point", ("prediction", "y"), tips)
        for held in (True, False):
            own = rows.kept.filter(inside == held)
            if own.height:
                chart.same("point", ("prediction", "y"), by_column(own, "prediction", "y"))
        diagonal = next(one for one in chart.layers if one.mark == "line")
        assert all(row["prediction"] == row["y"] for row in diagonal.rows)
        chart.drop("line", "prediction", "y")
        chart.says("actual", "predicted", "inside the 80 % band", "outside of it")


def claim_groups(page: Seen, rows: Judged, by: str) -> None:
    """Claim the errors by group, and how often the bands held in each."""
    groups = rows.groups(by)
    named = [(_label(by, value), own) for value, own in groups]
    wape = {value: rows.share("prediction", own) for value, own in named}
    labels = [f"{value} ({own.height:,})" for value, own in named]
    sized = [value for value, own in named if own.height >= _MANY]
    ranked = sorted(sized if len(sized) > 1 else wape, key=lambda value: (-wape[value], value))
    ends = [text for value in (ranked[0], ranked[-1]) for text in (value, share(wape[value]))]
    caption(page, "groups", *ends)
    pairs = zip(labels, wape.values(), strict=True)
    heard(page, "groups", *(f"{label}: {share(value)}" for label, value in pairs))
    rival = [rows.share("rival", own) for _, own in named]
    with drawn(page, "groups") as chart:
        words = [f"{100 * value:.1f}" for value in (*wape.values(), *rival)]
        assert sorted(chart.words()) == sorted(words)
        edge = _edge([*wape.values(), *rival])
        own = [min(value, edge) for value in wape.values()]
        other = [min(value, edge) for value in rival]
        three: list[Row] = list(zip(own, other, labels, strict=True))
        chart.same("rule", ("champion", "baseline", "value"), three)
        for name, shown, full in (("champion", own, wape.values()), ("baseline", other, rival)):
            _claim_ends(chart, name, [*zip(shown, full, labels, strict=True)], edge)
    lines = [
        [
            value,
            f"{own.height:,}",
            share(rows.held("q0.1", "q0.9", own)),
            share(rows.held("q0.025", "q0.975", own)),
            change(rows.bias(own)),
        ]
        for value, own in named
    ]
    parts = len([value for value, n in rows.listed(by) if n])
    more = [f"{len(named)} largest of {parts}"] if len(named) == 12 < parts else []
    table(page, "How often the bands", more, (by, "Rows", "80 %", "95 %", "ias"), lines)


def _claim_ends(
    chart: Chart, name: str, ends: Sequence[tuple[float, float, str]], edge: float
) -> None:
    """Claim the dots of one side; those beyond the axis are marked apart."""
    for far in (False, True):
        part: list[Row] = [
            (shown, label) for shown, full, label in ends if (full > edge * (1 + CLOSE)) == far
        ]
        if part:
            chart.same("point", (name, "value"), part)


def _edge(shares: list[float]) -> float:
    """Where the axis of errors ends: past the largest, or at five times the one in the middle."""
    ordered = sorted(shares)
    at = len(ordered) // 2
    middle = ordered[at] if len(ordered) % 2 else (ordered[at - 1] + ordered[at]) / 2
    return 1.08 * ordered[-1] if ordered[-1] <= 5 * middle else 5 * middle


def _label(by: str, value: Any) -> str:
    """What a group is called: a number alone, below the name of its column."""
    return str(value)


def claim_sums(page: Seen, rows: Judged) -> None:
    """Claim the sums by month of the truth, of the answers and of the baseline's."""
    sums, known = rows.sums, rows.sums.drop_nulls("y")
    actual, said = (total(rows.kept[name]) for name in ("y", "prediction"))
    caption(page, "sums", share(abs(said / actual - 1)))
    heard(page, "sums", f"{known.height} months", size(actual, "USD"), size(said, "USD"))
    with drawn(page, "sums") as chart:
        for name in ("rival", "y", "prediction"):
            own = sums.select("date", value=name)
            chart.same("line", ("date", "value"), by_column(own, "date", "value"))
            if name != "rival":
                dots = by_column(own.drop_nulls(), "date", "value")
                chart.same("point", ("date", "value"), dots)
        chart.told([
            {
                "title": month(row["date"]),
                "foresell": whole(row["prediction"]),
                "actual": whole(row["y"]),
                rows.baseline: whole(row["rival"]),
            }
            for row in known.iter_rows(named=True)
        ])
        chart.says("foresell", "actual", rows.baseline)


def claim_worst(page: Seen, rows: Judged) -> None:
    """Claim the rows that were answered worst, named by their keys."""
    told_of = ("ORDERDATE", "PRODUCTLINE", "COUNTRY", "ORDERNUMBER", "ORDERLINENUMBER")
    more = [name for name in rows.telling if name not in told_of][:2]
    lines = [
        [
            f"{row['ORDERNUMBER']}, {row['ORDERLINENUMBER']}",
            day(row["ORDERDATE"]),
            None,
            None,
            *(f"{row[name]:.10g}" for name in more),
            aligned(row["y"]),
            aligned(row["prediction"]),
            f"{aligned(row['q0.1'])} to {aligned(row['q0.9'])}",
            f"{'+' if row['error'] > 0 else ''}{aligned(row['error'])}",
        ]
        for row in rows.worst.iter_rows(named=True)
    ]
    heads = ("Row", *told_of[:3], *more, "Actual", "Predicted", "80 %", "Error")
    table(page, "farthest off", ["80 % band"], heads, lines)
    left = rows.kept.height - rows.worst.height
    if left:
        line(page, "not shown", f"{left:,} rows")
