"""Claims on the pages of the explorer: what has to stand where, by `tests.explored_truth`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from tests.explored_truth import Explored, Numbers
from tests.page_charts import CLOSE, Chart, Told, by_column, drawn
from tests.page_numbers import Node, Seen
from tests.page_words import (
    caption,
    change,
    day,
    heading,
    heard,
    line,
    pointed,
    share,
    size,
    table,
    told,
)

W = "/ui/projects/walmart/forecast"
_PER_PAGE = 20
_BANDS = (("80 % band", "q0.1", "q0.9"), ("95 % band", "q0.025", "q0.975"))
_HEADS = ("eries", "", "last year", "orecast", "year before", "rror", "80 %", "observed")


@dataclass(frozen=True)
class Subject:
    """What one chart is about, its lines, and its numbers, which are of the whole of its time."""

    label: str
    lines: pl.DataFrame
    numbers: Numbers

    def windowed(self, first: date, last: date) -> "Subject":
        return replace(self, lines=self.lines.filter(pl.col("date").is_between(first, last)))


def claim_form(
    page: Seen,
    truth: Explored,
    *,
    chips: Sequence[str] = (),
    drawn: int = 1,
    matched: pl.DataFrame | None = None,
    window: pl.DataFrame | None = None,
    picked: str = "",
    key: bool = True,
    banded: bool = True,
) -> None:
    """Claim the form, what it found, and how to read what follows."""
    every = truth.described
    for name in ("Store", "Dept"):
        values = [f"{one} {one}" for one in every[name].unique().sort()]
        labels = [one for one in page.root.all("label") if _ticks(one, f"f.{name}")]
        assert [page.words(one) for one in labels] == values
        for one, value in zip(labels, values, strict=True):
            told(page, one, [value])
    page.says("{:,.0f} to {:,.0f}".format(*_ends(every["Size"])))
    days = (window if window is not None else truth.days.to_frame())["date"]
    version = f"Version {truth.version}"
    line(page, f"{days[0]} to {days[-1]}", version, f"{days[0]}", f"{days[-1]}")
    choices = {one.attrs["name"]: one for one in page.root.all("select")}
    told(page, choices["version"], [str(truth.version)])
    assert {one.attrs["value"] for one in choices["baseline"].all("option")} >= {*truth.baselines}
    if picked:
        page.says(picked)
    for box in page.root.all("ul"):
        if box.attrs.get("class") == "chips":
            told(page, box, chips)
        if box.attrs.get("class") == "key":
            told(page, box, ["80 %", "95 %"] if banded else [])
    found = len(matched) if matched is not None else every.height
    chosen = [str(drawn)] if drawn > 1 else []
    line(page, "series match", f"{found:,}", f"{every.height:,} series", *chosen)
    line(page, "Its band of", version.lower(), "80 %", "95 %")
    line(page, "weeks earlier", "52 weeks")


def _ticks(label: Node, name: str) -> bool:
    """Whether a label is that of a box that is ticked to choose a value of ``name``."""
    return any(one.attrs.get("name") == name for one in label.all("input"))


def facts(page: Seen, one: Subject, baseline: str) -> None:
    """Claim the numbers that matter, the heading and what stands below it."""
    said = one.numbers
    weeks, until = f"{said.weeks} weeks", day(said.until)
    heading(page, one.label, size(said.ahead, "USD"), weeks, until)
    rival = share(said.baseline) if said.baseline is not None else ""
    line(page, "In the test of", f"{said.judged} weeks", share(said.error), baseline, rival)
    page.fact("forecast", size(said.ahead, "USD"), str(said.weeks))
    assert said.change is not None
    page.fact("against the year before", change(said.change))
    page.fact("error of the", share(said.error), *([rival] if rival else []))
    if said.held is not None:
        page.fact("of the test inside the 80 % band", share(said.held, 0), str(said.judged))
        page.says("inside the 80 % band")


def claim_list(page: Seen, truth: Explored, listed: pl.DataFrame, number: int = 1) -> None:
    """Claim the list of series: a page of it, in the order of ``listed``."""
    found, first = len(listed), (number - 1) * _PER_PAGE
    shown = listed.slice(first, _PER_PAGE)
    last = first + len(shown)
    title = next(one for one in page.root.all("h2") if one.attrs.get("id") == "list")
    told(page, title, [f"{found:,} series"])
    rows = [
        [
            f"{row['Store']}/{row['Dept']} Store {row['Store']}, Dept {row['Dept']}",
            None,
            "" if row["size"] is None else size(row["size"]),
            "" if row["ahead"] is None else size(row["ahead"]),
            "" if row["change"] is None else change(row["change"]),
            "" if row["error"] is None else share(row["error"]),
            "" if row["held"] is None else share(row["held"], 0),
            f"{row['seen']:,}",
        ]
        for row in shown.iter_rows(named=True)
    ]
    table(page, "Series ", [f"{first + 1} to {last} of {found:,}"], _HEADS, rows)
    line(page, "with these numbers", f"{found:,}")
    name = listed.row(0, named=True)
    field = next(one for one in page.root.all("input") if one.attrs.get("name") == "q")
    at = shown.row(0, named=True) if number > 1 else name
    assert field.attrs["placeholder"] == f"Store {at['Store']}, Dept {at['Dept']}"
    page.field("q", "")


def spoken(one: Subject) -> list[str]:
    """What is heard of a chart: the window's first and last, least and greatest."""
    seen = one.lines.filter(pl.col("part") != "forecast").drop_nulls("y")
    ends = (day(seen["date"][0]), day(seen["date"][-1]))
    said = [one.label, *ends, *(size(float(edge), "USD") for edge in _ends(seen["y"]))]
    ahead = one.lines.filter(pl.col("part") == "forecast").drop_nulls("prediction")
    if ahead.height:
        first, last = ahead.row(0, named=True), ahead.row(-1, named=True)
        for row in (first, last):
            said += [size(row["prediction"], "USD"), day(row["date"])]
        if last["q0.1"] is not None:
            said += ["80 percent", size(last["q0.1"], "USD"), size(last["q0.9"], "USD")]
    return [*said, share(one.numbers.error)]


def _ends(values: pl.Series) -> tuple[float, float]:
    return float(values.min()), float(values.max())  # type: ignore[arg-type]


def claim_large(page: Seen, one: Subject, truth: Explored, baseline: str) -> None:
    """Claim the chart of one subject: its words, its numbers, what a pointer is told."""
    assert one.numbers.change is not None
    caption(page, "forecast", share(abs(one.numbers.change)))
    heard(page, "forecast", *spoken(one))
    with drawn(page, "forecast") as chart:
        claim_lines(chart, one, truth, baseline)
        words = {*chart.words()}
        assert words <= {
            *("judged from here", "forecast from here", "forecast", "80 % band", "95 % band"),
            *("super bowl", "easter", "memorial day", "independence day", "labor day"),
            *("thanksgiving", "christmas"),
        }


def claim_small(page: Seen, figure: str, one: Subject, truth: Explored) -> None:
    """Claim one chart of several side by side."""
    more = one.numbers.change
    caption(page, figure, one.label, *([change(more)] if more is not None else []))
    heard(page, figure, *spoken(one))
    with drawn(page, figure, 340) as chart:
        claim_lines(chart, one, truth, truth.best)


def claim_lines(chart: Chart, one: Subject, truth: Explored, baseline: str) -> None:
    """Claim what `foresell.charts.explored` draws of one subject."""
    lines = one.lines
    ahead, past = (lines.filter((pl.col("part") == "forecast") == so) for so in (True, False))
    for _, low, high in _BANDS:
        for part in (ahead, past):
            if part[low].count():
                rows = part.select("date", low=low, high=high)
                chart.same("area", ("date", "low", "high"), by_column(rows, "date", "low", "high"))
    for name in ("test", "forecast"):
        days = lines.filter(pl.col("part") == name)["date"]
        if len(days) and days[0] != lines["date"][0]:
            chart.same("rule", ("date",), [(days[0].isoformat(),)])
    chart.same("line", ("date", "baseline"), by_column(lines, "date", "baseline"))
    chart.same("line", ("date", "y"), by_column(past, "date", "y"))
    for part in (ahead, past):
        if part["prediction"].count():
            chart.same("line", ("date", "prediction"), by_column(part, "date", "prediction"))
    marks = [(one.isoformat(),) for one in truth.events if one in {*lines["date"]}]
    chart.same("point", ("date",), marks)
    _claim_pointed(chart, lines, baseline)


def _claim_pointed(chart: Chart, lines: pl.DataFrame, baseline: str) -> None:
    """Claim what a pointer is told week by week, part by part."""
    fields = {
        "history": [("actual", "y")],
        "test": [("actual", "y"), ("forecast", "prediction"), (baseline, "baseline")],
        "forecast": [("forecast", "prediction")],
    }
    for part, named in fields.items():
        own = lines.filter(pl.col("part") == part)
        bands = [one for one in _BANDS if part != "history" and own[one[1]].count()]
        rows: list[dict[str, Told]] = [
            {"date": day(row["date"])}
            | {name: either(row[column]) for name, column in named}
            | {name: _between(row[low], row[high]) for name, low, high in bands}
            for row in own.iter_rows(named=True)
        ]
        if rows:
            chart.told(rows)
    chart.drop("rule", "date")


def either(value: float | None) -> Told:
    """How a pointer is told a sum, whose last digit may be half of the one before it."""
    if value is None:
        return pointed(None)
    return pointed(value * (1 - CLOSE)), pointed(value), pointed(value * (1 + CLOSE))


def _between(low: float | None, high: float | None) -> str:
    return "not known" if low is None else f"{pointed(low)} to {pointed(high)}"


def claim_together(page: Seen, subjects: Sequence[Subject], truth: Explored) -> None:
    """Claim several subjects in one chart."""
    caption(page, "together", f"{len(subjects)} series")
    heard(page, "together", *(text for one in subjects for text in spoken(one)))
    with drawn(page, "together") as chart:
        for part in (truth.cut, truth.last):
            chart.same("rule", ("date",), [(truth.days.filter(truth.days > part)[0].isoformat(),)])
        rows: list[dict[str, Told]] = [{"date": day(one)} for one in truth.days]
        for one in subjects:
            ahead = pl.col("part") == "forecast"
            past, later = one.lines.filter(~ahead), one.lines.filter(ahead)
            chart.same("line", ("date", "y"), by_column(past, "date", "y"))
            chart.same("line", ("date", "prediction"), by_column(later, "date", "prediction"))
            values = [*past["y"].to_list(), *later["prediction"].to_list()]
            for row, value in zip(rows, values, strict=True):
                row[one.label] = either(value)
        chart.told(rows)
        chart.drop("rule", "date")
        named, words = {one.label for one in subjects}, {*chart.words()}
        assert named <= words
        assert not any(sign.isdigit() for word in words - named for sign in word), words
