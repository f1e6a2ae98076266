"""What a report of a panel shows of its seasons, its parts and its series."""

from functools import partial

import polars as pl

from foresell.charts import eda_bars
from foresell.eda.describe import table_of_key
from foresell.report.eda_columns import Tables, file_words
from foresell.report.eda_drawn import half, wide
from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.eda_tables import (
    Shown,
    beside,
    label,
    number,
    plain,
    share,
    shown_table,
    whole,
)
from foresell.report.eda_together import event_words
from foresell.report.figures import Figure
from foresell.report.tables import Table
from foresell.report.wording import amount, capitalized, count, name, percent, segment_value
from foresell.spec.ordered_sums import ordered_sum

_TOP, _BINS = 15, 18
_SEASONS = {
    "month": "The months of the year",
    "weekday": "The days of the week",
    "year": "The years",
    "week": "The weeks of the year",
}
_TEN = 10
_LONG = "week"  # of fifty-two bars
_EMPTY = pl.DataFrame()


def seasons(tables: Tables, facts: EdaFacts) -> Section:
    """Return how high the parts of the year and of the week stand."""
    frame = tables.get("levels", _EMPTY)
    drawn = {} if frame.is_empty() else {part: _season(frame, part, facts) for part in _SEASONS}
    found = {part: figure for part, figure in drawn.items() if figure is not None}
    return Section(
        name="seasons",
        title="The year and the week",
        half=tuple(figure for part, figure in found.items() if part != _LONG),
        wide=tuple(figure for part, figure in found.items() if part == _LONG),
        files=("levels",),
        note="A level compares series with their own mean, so that series which come and go do "
        "not move it. A year of which not all is there holds other seasons than a whole one.",
    )


def _season(frame: pl.DataFrame, part: str, facts: EdaFacts) -> Figure | None:
    """Return the levels of one part of the year or the week; None where there are no two."""
    own = frame.filter(pl.col("part") == part).sort("place").drop_nulls("level")
    if own.height < 2:
        return None
    places = own.sort("level", "place", descending=[True, False]).iter_rows(named=True)
    top, *_, low = places
    words = pl.col("label")
    if part in {"month", "weekday"}:
        words = words.str.slice(0, 3)
    elif part == "year":  # the first and the last are seldom whole
        words = pl.format(f"{{}} ({{}} {facts.every}s)", "label", "periods")
    week = "week " if part == _LONG else ""
    says = (
        f"{week}{top['label']} stands {beside(top['level'])} the average {facts.every}, "
        f"{week}{low['label']} {beside(low['level'])} it"
    )
    rows = own.select(words.alias("label"), value=pl.col("level") - 1)
    return (wide if part == _LONG else half)(
        partial(eda_bars.upright, rows, shares=True),
        f"season-{part}",
        capitalized(says),
        f"{_SEASONS[part]}: their level against the average {facts.every}",
    )


def sellers(tables: Tables, facts: EdaFacts) -> Section:
    """Return the values of each key by what they add up to, and the static columns."""
    found = []
    for key, word in file_words(facts.keys).items():
        frame = tables.get(table_of_key(key), _EMPTY)
        if frame.height < 2 or frame["share"].null_count():  # of a total of 0 there is no share
            continue
        top = frame.sort("rank").head(_TOP)
        rows = top.select(
            label=pl.col("value").map_elements(partial(segment_value, key), return_dtype=pl.String),
            value="share",
            text=pl.col("share").map_elements(share, return_dtype=pl.String),
        )
        first, tenth = top.row(0, named=True), frame.filter(pl.col("rank") == _TEN)
        says = f"{capitalized(rows['label'][0])} makes {share(first['share'])} of the total"
        if frame.height > _TEN and not tenth.is_empty():
            says += f", the first ten {percent(tenth['cumulative'][0])}"
        most = f"the largest {_TOP} of {frame.height}" if frame.height > _TOP else "largest first"
        found.append(
            half(
                partial(eda_bars.bars, rows),
                f"top-{word}",
                says,
                f"Share of all {name(facts.target)}, by {key}; {most}",
            )
        )
    table = shown_table(
        _headed(tables.get("by_segment", _EMPTY)),
        ["part"],
        [
            Shown(column="series", head="Series", words=whole),
            Shown(column="rows", head="Rows", words=whole),
            Shown(column="y", head="Total", words=amount),
            Shown(column="share", head="Share", words=share),
            Shown(column="per_series", head="By series", words=amount),
            Shown(column="mean", head="Mean row", words=amount),
            Shown(column="median", head="Median row", words=amount),
        ],
        "Series told apart by what does not change.",
        most=30,
        wide=True,
    )
    return Section(
        name="sellers",
        title="What it is made of",
        half=tuple(found),
        tables=(table,) if table is not None else (),
        files=(*(table_of_key(key) for key in facts.keys), "by_segment"),
    )


def _headed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the parts of the series with what each is called."""
    if frame.is_empty():
        return frame
    return frame.with_columns(
        part=pl.struct("segment", "value").map_elements(
            lambda row: f"{row['segment']} {label(row['value'])}", return_dtype=pl.String
        )
    )


def series(tables: Tables, facts: EdaFacts) -> Section:
    """Return how long, how regular and how restless the series are, and which begin cold."""
    frames = [_lengths(tables, facts), _classes(tables, "volatility")]
    frames.append(_classes(tables, "intermittency"))
    tables_shown = [_cold(tables, facts), _extremes(tables, facts)]
    return Section(
        name="series",
        title="Series, long and short",
        half=tuple(filter(None, frames)),
        tables=tuple(filter(None, tables_shown)),
        files=("lengths", "volatility", "intermittency", "cold_starts", "extremes", "series"),
        note="Volatility is the coefficient of variation of a series: its standard deviation over "
        "its mean. Demand is smooth, erratic, intermittent or lumpy after Syntetos, Boylan and "
        "Croston (2005).",
    )


def _lengths(tables: Tables, facts: EdaFacts) -> Figure | None:
    """Return how many series have how many periods, in bins."""
    frame = tables.get("lengths", _EMPTY)
    if frame.is_empty():
        return None
    longest = int(frame["periods"].to_numpy().max())
    every = max(1, -(-longest // _BINS))
    binned = (
        frame
        .group_by(((pl.col("periods") - 1) // every).alias("place"))
        .agg(ordered_sum(pl.col("series")))
        .sort("place")
    )
    held = dict(binned.iter_rows())
    rows = pl.DataFrame({
        "label": [_range(place, every, longest) for place in range((longest - 1) // every + 1)],
        "value": [float(held.get(p, 0)) for p in range((longest - 1) // every + 1)],
    })
    all_of, complete = int(frame["series"].sum()), int(frame["complete"].sum())
    gapped = int(frame["gapped"].sum())
    return half(
        partial(eda_bars.upright, rows),
        "lengths",
        f"{complete:,} of {all_of:,} series are complete, {gapped:,} have gaps",
        f"Series by the number of {facts.every}s they have",
    )


def _range(place: int, every: int, longest: int) -> str:
    """Return the label of a bin of lengths."""
    first, last = place * every + 1, min((place + 1) * every, longest)
    return str(first) if first == last else f"{first}–{last}"


def _classes(tables: Tables, table: str) -> Figure | None:
    """Return the series of each class, with their share of the total."""
    frame = tables.get(table, _EMPTY)
    if frame.is_empty():
        return None
    rows = frame.select(
        label=pl.col(table),
        value=pl.col("series").cast(pl.Float64),
        text=pl.struct("series", "share").map_elements(
            lambda row: f"{row['series']:,} · {share(row['share'] or 0.0)} of total",
            return_dtype=pl.String,
        ),
    )
    top = frame.sort("series", table, descending=[True, False]).row(0, named=True)
    most = top["series_share"] > 0.5
    says = f"Most series are {top[table]}" if most else f"The largest class is {top[table]}"
    return half(
        partial(eda_bars.bars, rows),
        table,
        f"{says}: {percent(top['series_share'])} of them",
        f"Series by {table}, and their share of the total",
    )


def _cold(tables: Tables, facts: EdaFacts) -> Table | None:
    """Return the series that a model has little to learn from."""
    frame = tables.get("cold_starts", _EMPTY)
    if frame.is_empty():
        return None
    new = frame.filter(pl.col("kind") == "new").height
    return shown_table(
        frame,
        list(facts.keys),
        [
            Shown(column="kind", head="Kind", words=plain),
            Shown(column="first", head="First", words=plain),
            Shown(column="n", head=f"{capitalized(facts.every)}s", words=whole),
            Shown(column="asked", head="Rows asked for", words=whole),
            Shown(column="y", head="Total", words=number),
        ],
        f"Cold starts: {count(new, 'series')} asked for and without history in these rows, "
        f"{frame.height - new:,} with less than one season.",
        most=10,
    )


def _extremes(tables: Tables, facts: EdaFacts) -> Table | None:
    """Return the largest rises and falls, and the extreme values."""
    frame = tables.get("extremes", _EMPTY)
    if frame.is_empty():
        return None
    few = pl.concat([
        frame.filter(pl.col("kind") == kind).head(5)
        for kind in frame["kind"].unique(maintain_order=True).to_list()
    ])
    return shown_table(
        few.with_columns(kind=pl.col("kind").str.to_titlecase()),
        ["kind", *facts.keys],
        [
            Shown(column="date", head="Date", words=plain),
            Shown(column="before", head="Before", words=number),
            Shown(column="y", head=name(facts.target), words=number),
            Shown(column="change", head="Change", words=number),
            Shown(column="events", head="Events", words=lambda text: ", ".join(event_words(text))),
        ],
        "The largest rises and falls from one period to the next, and the extreme values.",
        wide=True,
    )
