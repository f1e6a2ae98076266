"""What every report of data shows of its columns: profiles, histograms, pairs, gaps, files."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count as count_from
from typing import Any

import polars as pl

from foresell.charts import eda_bars, eda_effects, eda_time
from foresell.charts.signs import minus
from foresell.report.eda_drawn import small, wide
from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.eda_tables import (
    Shown,
    hundredths,
    number,
    plain,
    share,
    shown_table,
    whole,
)
from foresell.report.figures import Figure
from foresell.report.tables import Table
from foresell.report.wording import amount, count, listed, percent
from foresell.spec.ordered_sums import ordered_sum

Tables = Mapping[str, pl.DataFrame]
_HISTOGRAMS, _PAIRED, _LACKING = 12, 16, 24


def columns_section(tables: Tables, facts: EdaFacts) -> Section:
    """Return the profile of every column and the histograms of those with numbers."""
    profile = tables.get("columns", pl.DataFrame())
    lead = ""
    if not profile.is_empty():
        there = profile.filter(pl.col("n").is_not_null())
        lacking = there.filter(pl.col("missing") > 0).height
        some = f"{lacking} of them lack{'s' if lacking == 1 else ''} values somewhere"
        lead = f"{count(there.height, 'column')}; {some if lacking else 'no value is missing'}."
    return Section(
        name="columns",
        title="Columns, one by one",
        lead=lead,
        wide=tuple(filter(None, [gaps(tables, facts)])),
        series=tuple(_histograms(tables, facts)),
        tables=tuple(filter(None, [_profile(profile), _pile_ups(tables)])),
        files=("columns", "histograms", "pile_ups", "missing_by_period"),
        note="Grey bars are open: they hold everything beyond them."
        if "histograms" in tables
        else "",
    )


def _profile(profile: pl.DataFrame) -> Table | None:
    """Return the table of all columns."""
    if profile.is_empty():
        return None
    shown = profile.with_columns(
        low=pl.coalesce(
            pl.col("min").map_elements(number, return_dtype=pl.String),
            pl.col("first").cast(pl.String),
        ),
        high=pl.coalesce(
            pl.col("max").map_elements(number, return_dtype=pl.String),
            pl.col("last").cast(pl.String),
        ),
    )
    return shown_table(
        shown,
        ["column"],
        [
            Shown(column="role", head="Role", words=plain),
            Shown(column="type", head="Type", words=plain),
            Shown(column="missing_share", head="Missing", words=share),
            Shown(column="distinct", head="Distinct", words=whole),
            Shown(column="low", head="Least", words=plain),
            Shown(column="p50", head="Median", words=number),
            Shown(column="mean", head="Mean", words=amount),
            Shown(column="high", head="Most", words=plain),
            Shown(column="zeros", head="Zeros", words=whole),
            Shown(column="negatives", head="Negative", words=whole),
        ],
        "Every column of the rows.",
        most=60,
        wide=True,
    )


def _pile_ups(tables: Tables) -> Table | None:
    """Return the values that hold far more rows than those beside them."""
    return shown_table(
        tables.get("pile_ups", pl.DataFrame()),
        ["column"],
        [
            Shown(column="value", head="Value", words=_exact),
            Shown(column="rows", head="Rows", words=whole),
            Shown(column="share", head="Share of rows", words=share),
            Shown(column="where", head="Where", words=plain),
            Shown(column="beside", head="Beside it", words=whole, means="rows of a near value"),
        ],
        "Single values that hold far more rows than those beside them, such as a cap.",
    )


def _exact(value: float) -> str:
    """Return a value with all its digits."""
    return minus(f"{value:,.10g}")


def _histograms(tables: Tables, facts: EdaFacts) -> list[Figure]:
    """Return a small histogram of each column of numbers, the target first."""
    bins = tables.get("histograms", pl.DataFrame())
    if bins.is_empty():
        return []
    piles = tables.get("pile_ups", pl.DataFrame(schema={"column": pl.String, "value": pl.Float64}))
    found = []
    columns = bins["column"].unique(maintain_order=True).to_list()[:_HISTOGRAMS]
    for column, word in file_words(columns).items():
        own = bins.filter(pl.col("column") == column)
        marks = tuple(piles.filter(pl.col("column") == column)["value"].to_list())
        shows = facts.measured if column == facts.target else "share of the rows"
        found.append(
            small(
                partial(eda_bars.histogram, own, marks=marks),
                f"histogram-{word}",
                column,
                shows,
            )
        )
    return found


def file_words(names: Iterable[str]) -> Mapping[str, str]:
    """Return each name as part of a file's name; no two are alike.

    >>> dict(file_words(["Fuel_Price", "fuel price", "?"]))
    {'Fuel_Price': 'fuel-price', 'fuel price': 'fuel-price-2', '?': 'column'}
    """
    found: dict[str, str] = {}
    for name in names:
        letters = (letter if letter.isalnum() and letter.isascii() else "-" for letter in name)
        word = "-".join(filter(None, "".join(letters).lower().split("-"))) or "column"
        free = (f"{word}-{place}" if place > 1 else word for place in count_from(1))
        found[name] = next(one for one in free if one not in found.values())
    return found


def pairs_section(tables: Tables, facts: EdaFacts) -> Section:
    """Return how columns of numbers go together: a square of all pairs, the target's as a table."""
    frame = tables.get("correlations", pl.DataFrame())
    section = Section(name="pairs", title="Columns, two by two")
    if frame.is_empty():
        return section
    own = frame.filter((pl.col("a") == facts.target) | (pl.col("b") == facts.target)).with_columns(
        column=pl.when(pl.col("a") == facts.target).then("b").otherwise("a")
    )
    ranked = own.sort(pl.col("spearman").abs(), descending=True, nulls_last=True)["column"]
    others = [*frame["a"].to_list(), *frame["b"].to_list()]
    first = [facts.target] if own.height else []
    names = list(dict.fromkeys([*first, *ranked.to_list(), *others]))[:_PAIRED]
    inside = frame.filter(pl.col("a").is_in(names) & pl.col("b").is_in(names))
    figure = wide(
        partial(
            eda_effects.correlations,
            inside.select("a", "b", value="spearman"),
            names=names,
        ),
        "correlations",
        _paired_says(own, facts),
        "Spearman’s rank correlation of each pair in hundredths; blue together, grey against",
    )
    within = (
        [Shown(column="within", head="Within series", words=hundredths)]
        if own["within"].count()
        else []
    )
    table = shown_table(
        own,
        ["column"],
        [
            Shown(column="n", head="Rows", words=whole),
            Shown(column="spearman", head="Spearman", words=hundredths),
            Shown(column="pearson", head="Pearson", words=hundredths),
            *within,
        ],
        f"How {facts.target} goes with each other column of numbers.",
    )
    return replace(
        section,
        wide=(figure,),
        tables=(table,) if table is not None else (),
        files=("correlations",),
        note="Within series: of what is left when the mean of each series is taken off."
        if within
        else "",
    )


def _paired_says(own: pl.DataFrame, facts: EdaFacts) -> str:
    """Say what goes with the target most."""
    known = own.drop_nulls("spearman").sort(
        pl.col("spearman").abs(), "column", descending=[True, False]
    )
    if known.is_empty():
        return f"No other column of numbers goes with {facts.target}"
    name, value = known.row(0, named=True)["column"], known["spearman"][0]
    if abs(value) < 0.1:
        return (
            f"No column of numbers goes with {facts.target} by itself ({name}: {hundredths(value)})"
        )
    way = f"rises with {name}" if value > 0 else f"falls as {name} rises"
    return f"{facts.target} {way}, more than with any other (rank correlation {hundredths(value)})"


def gaps(tables: Tables, facts: EdaFacts) -> Figure | None:
    """Return when values were missing."""
    frame = tables.get("missing_by_period", pl.DataFrame())
    if frame.is_empty():
        return None
    worst = (
        frame
        .group_by("column")
        .agg(ordered_sum(pl.col("missing")), ordered_sum(pl.col("rows")))
        .with_columns(share=pl.col("missing") / pl.col("rows"))
        .sort("share", "column", descending=[True, False])
        .head(_LACKING)
    )
    names = worst["column"].to_list()
    shown = pl.concat([frame.filter(pl.col("column") == name) for name in names])
    most = percent(worst["share"][0])
    return wide(
        partial(eda_time.missing, shown),
        "missing",
        f"{names[0]} is missing in {most} of the rows"
        if len(names) == 1
        else f"{count(len(names), 'column')} lack values, {names[0]} most: {most} of the rows",
        f"Share of the rows without a value, by {facts.every}: the darker, the more",
    )


def files_section(told: Mapping[str, Any]) -> Section:
    """Return the raw files that the rows were read from."""
    files = [dict(one) for one in told.get("files", ())]
    frame = pl.DataFrame(
        {
            "file": [str(one["name"]) for one in files],
            "rows": [one.get("rows") for one in files],
            "bytes": [one.get("bytes") for one in files],
            "sha256": [str(one["sha256"])[:12] for one in files],
        },
        schema={"file": pl.String, "rows": pl.Int64, "bytes": pl.Int64, "sha256": pl.String},
    )
    table = shown_table(
        frame,
        ["file"],
        [
            Shown(column="rows", head="Rows", words=whole),
            Shown(column="bytes", head="Bytes", words=whole),
            Shown(column="sha256", head="sha256 begins", words=plain),
        ],
        "The raw files, whole: what was read before any row was set aside.",
    )
    return Section(
        name="files",
        title="Where it comes from",
        lead=f"Read from {listed(frame['file'].to_list())}." if files else "",
        tables=(table,) if table is not None else (),
    )
