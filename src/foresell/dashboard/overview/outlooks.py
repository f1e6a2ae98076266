"""The picture of a project: what was and what is to come, or how predictions met the truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from typing import Any

import polars as pl

from foresell.charts.outlook import Every, outlook
from foresell.charts.predicted import mean_by_prediction
from foresell.dashboard.page import Figure
from foresell.dashboard.reading.shown import Shown, broken
from foresell.errors import DataError
from foresell.report.wording import NBSP, amount, capitalized, count, day, percent
from foresell.spec.forecast import BANDS
from foresell.spec.hierarchy import TOTAL
from foresell.spec.ordered_sums import one_piece, ordered_sum

_YEAR = timedelta(days=364)  # whole weeks: the same weekday a year before
_LEAST, _TIMES = 60, 3  # periods of history that are drawn, or so many times the forecast
_ALIKE = 0.1  # how far the number of series may differ where two totals are compared
_EDGES = tuple(f"{edge}_{level}" for level in BANDS for edge in ("lower", "upper"))
_HISTORY, _SUMS, _ROWS = "history.parquet", "hierarchy.parquet", "forecast.parquet"
_REFUSED, _BINS = "refused.parquet", "calibration.csv"


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """Observed values and their forecast, as `foresell.charts.outlook` takes them.

    ``gain``: the share by which the forecast exceeds the same periods a year before, None where
    they are not known or not the same series. ``lacks``: why nothing is forecast, "" where it is.
    """

    history: pl.DataFrame
    future: pl.DataFrame
    every: Every
    told: str
    unit: str
    gain: float | None
    lacks: str = ""


def picture(shown: Shown, name: str) -> Figure | None:
    """Return the picture of a project, None where its files have none.

    A panel: the total of all series. A table: the months of its first declared segment, of all rows
    where that is declared; without one, the mean truth by predicted value.

    An AbsentError: what it is drawn from was not made yet.
    """
    if shown.kind == "panel":
        return _over_time(name, _kept(shown, "bundle", _HISTORY, _panel))
    if shown.stamp("segment_risk", "risk.json") is not None:
        segment = _segment(shown.json("segment_risk", "risk.json"))
        if segment:
            return _over_time(name, _kept(shown, "segment_risk", f"{segment}.json", _months))
    return _predicted(name, shown.csv("evaluation", _BINS))


def drawn_from(shown: Shown) -> str:
    """Return the file that the picture of a project is drawn from before all, below its folder."""
    if shown.kind == "panel":
        return "bundle/metadata.json"
    if shown.stamp("segment_risk", "risk.json") is not None:
        return "segment_risk/risk.json"
    return f"evaluation/{_BINS}"


def _kept(shown: Shown, output: str, file: str, make: Any) -> Outlook:
    """Return what ``make`` makes, remembered until one of the files it is made of changes."""
    read = [("bundle", "metadata.json"), (output, file)]
    read += [("forecast", name) for name in (_SUMS, _ROWS, _REFUSED)]
    stamps = tuple(shown.stamp(*one) for one in read)
    made: Outlook = shown.kept("overview: outlook", stamps, lambda: make(shown, file))
    return made


def _panel(shown: Shown, file: str) -> Outlook:
    """Return the total of all series of a panel, and its forecast."""
    told = shown.json("bundle", "metadata.json")
    time = next(name for name, role in told["roles"].items() if role == "time")
    rows = _columns(shown, "bundle", file, time, told["target"])
    history = _summed(rows, told["target"]).sort("date")
    future = _total(shown, time)
    every: Every = "day" if told["frequency"] == "D" else "week"
    kept = max(_TIMES * future.height, _LEAST)
    refused = shown.stamp("forecast", _REFUSED) is not None
    return Outlook(
        history=history.tail(kept).select("date", "y"),
        future=future.drop("rows"),
        every=every,
        told=f"{told['target']} by {every}, {_together(shown, told)}",
        unit=str(told.get("unit", "")),
        gain=_gain(history, future),
        lacks=_lacks(future, "the model of the last run may not answer" if refused else ""),
    )


def _lacks(future: pl.DataFrame, why: str) -> str:
    """Return that nothing is forecast, and why where that is known; "" where something is."""
    if not future.is_empty():
        return ""
    return f"Nothing is forecast: {why}" if why else "Nothing is forecast yet"


def _together(shown: Shown, told: Mapping[str, Any]) -> str:
    """Return how many series are added up: those observed, and those forecast where others are."""
    if "series" not in told:
        return "all series together"
    observed = int(told["series"])
    keys = [name for name, role in told["roles"].items() if role == "key"]
    if not keys or shown.stamp("forecast", _ROWS) is None:
        return f"{count(observed, 'series')} together"
    held = _read(shown, "forecast", _ROWS, keys)
    ahead = held.n_unique()
    if ahead == observed:
        return f"{count(observed, 'series')} together"
    return f"{count(observed, 'series')} observed and {count(ahead)} forecast, together"


def _columns(shown: Shown, output: str, file: str, time: str, value: str) -> pl.DataFrame:
    """Return two columns of a Parquet file: ``date`` and ``value``. Raises as `_read`."""
    return _read(shown, output, file, [time, value]).rename({time: "date"})


def _read(shown: Shown, output: str, file: str, columns: list[str]) -> pl.DataFrame:
    """Return some columns of a Parquet file; the others are not read.

    Raises:
        DataError: it is none, or has no such columns.
    """
    held = BytesIO(shown.content(output, file))
    try:
        return pl.read_parquet(held, columns=columns)
    except pl.exceptions.PolarsError as error:
        raise DataError(*broken(f"{output}/{file}", shown.name)) from error


def _summed(rows: pl.DataFrame, value: str) -> pl.DataFrame:
    """Return ``date``, ``y`` (the sum of what is known, null of nothing), ``rows`` (how many)."""
    number = pl.col(value).cast(pl.Float64)
    known = number.is_not_null().sum()
    return rows.group_by("date", maintain_order=True).agg(
        y=pl.when(known > 0).then(ordered_sum(number)), rows=known.cast(pl.Int64)
    )


def _total(shown: Shown, time: str) -> pl.DataFrame:
    """Return the forecast of the total: ``date``, ``prediction``, ``rows``, and its bands.

    The level of the total has bands of its own. Where none is declared it is a plain sum of the
    series, which has none that would be honest. No rows where the gate let nothing be forecast.
    """
    if shown.stamp("forecast", _SUMS) is not None:
        sums = shown.frame("forecast", _SUMS).filter(pl.col("level") == TOTAL)
        if not sums.is_empty():
            edges = {
                name: f"q{level}"
                for share, levels in BANDS.items()
                for name, level in zip((f"lower_{share}", f"upper_{share}"), levels, strict=True)
            }
            bands = [pl.col(quantile).alias(name) for name, quantile in edges.items()]
            return sums.select(pl.col(time).alias("date"), "prediction", "rows", *bands).sort(
                "date"
            )
    if shown.stamp("forecast", _ROWS) is None:
        return pl.DataFrame(schema={"date": pl.Date, "prediction": pl.Float64, "rows": pl.Int64})
    rows = _columns(shown, "forecast", _ROWS, time, "prediction")
    return _summed(rows, "prediction").rename({"y": "prediction"}).sort("date")


def _gain(history: pl.DataFrame, future: pl.DataFrame) -> float | None:
    """Return by what share the forecast exceeds the same periods a year before; see `Outlook`."""
    before = history.select(pl.col("date") + _YEAR, "y", was="rows")
    both = future.join(before, on="date", how="inner", maintain_order="left").drop_nulls("y")
    if both.is_empty() or both.height < future.height:
        return None
    ahead, behind = _sum(both["prediction"]), _sum(both["y"])
    alike = abs(_sum(both["rows"]) / max(_sum(both["was"]), 1) - 1) <= _ALIKE
    return ahead / behind - 1 if alike and behind > 0 else None


def _sum(values: pl.Series) -> float:
    """Return the sum of a column, the same on any number of threads."""
    return float(one_piece(values).sum())


def _segment(risk: Mapping[str, Any]) -> str:
    """Return the segment whose months are drawn: all rows, else the first; "" where none is.

    >>> _segment({"segments": [{"available": True, "name": "risk_usa", "segment": {"C": ["USA"]}}]})
    'risk_usa'
    """
    usable = [one for one in risk["segments"] if one["available"]]
    whole = [one for one in usable if not one["segment"]]
    return str((whole or usable)[0]["name"]) if usable else ""


def _months(shown: Shown, file: str) -> Outlook:
    """Return the months of a segment, and their forecast where one could be made."""
    told = shown.json("segment_risk", file)
    months = told["series"]["months"]
    ahead = told["forecast"]["months"] if told["forecast"]["available"] else []
    history = pl.DataFrame(
        {"date": [_first(one["month"]) for one in months], "y": [one["value"] for one in months]},
        schema={"date": pl.Date, "y": pl.Float64},
    )
    future = pl.DataFrame(
        [{**one, "date": _first(one["month"])} for one in ahead],
        schema={"date": pl.Date, **dict.fromkeys(("prediction", *_EDGES), pl.Float64)},
    )
    before = dict(history.with_columns(pl.col("date").dt.offset_by("12mo")).iter_rows())
    known = [before.get(when) for when in future["date"]]
    behind = sum(one for one in known if one is not None)
    whole = bool(known) and None not in known and behind > 0
    return Outlook(
        history=history,
        future=future,
        every="month",
        told=f"{told['target']} by month, {told['told']}",
        unit=str(told["unit"]),
        gain=_sum(future["prediction"]) / behind - 1 if whole else None,
        lacks=_lacks(future, str(told["forecast"].get("reason", ""))),
    )


def _first(month: str) -> date:
    """Return the first day of a month as risk documents bear it."""
    return date.fromisoformat(f"{month}-01")


def _over_time(name: str, found: Outlook) -> Figure:
    """Return the picture of a total through time."""
    banded = set(_EDGES) <= set(found.future.columns) and not found.future.is_empty()
    bands = f"; bands of 80 and 95{NBSP}%" if banded else ""
    if not banded and not found.future.is_empty():
        bands = "; a plain sum of series has no honest band"
    drawn = pl.concat([found.history, found.future], how="diagonal")
    return Figure(
        name=name,
        title=_title(found),
        note=f"{found.told}{bands}.",
        says=_says(found),
        draw=partial(_draw, found),
        rows=drawn,
        size=(520, 290),
    )


def _draw(found: Outlook, width: int) -> dict[str, Any]:
    """Return the chart at a width."""
    return outlook(found.history, found.future, every=found.every, width=width)


def _title(found: Outlook) -> str:
    """Return what the picture shows, as a sentence."""
    if found.future.is_empty():
        return found.lacks
    total = amount(_sum(found.future["prediction"]), found.unit)
    until = _when(found.future["date"][-1], found.every)
    said = f"The {count(found.future.height, found.every)} to {until} are forecast at {total}"
    if found.future.height == 1:
        said = f"{capitalized(found.every)} of {until}: {total} are forecast"
    if found.gain is None:
        return said
    if abs(found.gain) < 0.0005:
        return f"{said}, as much as a year before"
    change = f"{percent(abs(found.gain))} {'more' if found.gain > 0 else 'less'}"
    return f"{said}, {change} than a year before"


def _when(date_: date, every: Every) -> str:
    r"""Return a period in words.

    >>> _when(date(2005, 6, 1), "month"), _when(date(2005, 6, 1), "day")
    ('June 2005', '1\xa0Jun\xa02005')
    """
    return f"{date_:%B %Y}" if every == "month" else day(date_)


def _span(rows: pl.DataFrame, every: Every) -> str:
    """Return from when to when rows are, or of when where there is one."""
    first, last = (_when(rows["date"][at], every) for at in (0, -1))
    return f"of {first}" if rows.height == 1 else f"from {first} to {last}"


def _says(found: Outlook) -> str:
    """Return what is drawn, for somebody who does not see it."""
    said = [f"Line of {found.told}"]
    known = found.history.drop_nulls("y")
    if not known.is_empty():
        end = amount(known["y"][-1], found.unit)
        said.append(f"observed {_span(known, found.every)}, at the end {end}")
    if not found.future.is_empty():
        first, last = (amount(found.future["prediction"][at], found.unit) for at in (0, -1))
        told = f"forecast {_span(found.future, found.every)}, "
        said.append(
            told + (first if found.future.height == 1 else f"at first {first}, at the end {last}")
        )
    return "; ".join(said)


def _predicted(name: str, bins: pl.DataFrame) -> Figure:
    """Return the picture of mean truth by predicted value."""
    gaps = bins.filter(pl.col("y") != 0).select(
        ((pl.col("prediction") - pl.col("y")) / pl.col("y")).abs().alias("gap")
    )["gap"]
    largest = gaps.max() if gaps.len() else None
    title = "The mean truth of test rows against what was predicted"
    if isinstance(largest, float):
        title = (
            f"From low to high predictions, their mean is within {percent(largest)} of the truth"
        )
    return Figure(
        name=name,
        title=title,
        note=f"Test rows in {count(bins.height, 'group')} by prediction: mean truth, with two "
        "standard errors, over mean prediction.",
        says=f"{title}: {count(bins.height, 'dot')} along the line on which a prediction is right",
        draw=lambda width: mean_by_prediction(bins, width=width),
        rows=bins,
        size=(400, 360),
    )
