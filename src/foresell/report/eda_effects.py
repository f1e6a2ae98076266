"""What moves a panel: the events it declares, and the columns beside its target."""

from functools import partial

import polars as pl

from foresell.charts import eda_effects
from foresell.report.eda_columns import Tables, file_words
from foresell.report.eda_drawn import half, small
from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.eda_tables import Shown, beside, change, plain, shown_table, whole
from foresell.report.figures import Figure
from foresell.report.tables import Table
from foresell.report.wording import capitalized, count, name

_AROUND = 6  # events drawn with the periods around them
_EMPTY = pl.DataFrame()
_TEXT = pl.col("ratio").map_elements(change, return_dtype=pl.String)


def events(tables: Tables, facts: EdaFacts) -> Section:
    """Return how far sales rise or fall with each event, and around it."""
    frame = tables.get("event_effects", _EMPTY)
    pooled = _EMPTY if frame.is_empty() else frame.filter(pl.col("date").is_null())
    named = (
        _EMPTY
        if pooled.is_empty()
        else pooled.with_columns(label=pl.col("event").map_elements(_said, return_dtype=pl.String))
    )
    found = [] if named.is_empty() else [figure for figure in [_own(named, facts)] if figure]
    return Section(
        name="events",
        title="Events and holidays",
        half=tuple(found),
        series=tuple(_around(named, facts)),
        tables=tuple(filter(None, [_dated(frame, facts)])),
        files=("event_effects",),
        note="Each period against quiet ones near it, series compared with themselves. The line "
        "through a dot is as long as 19 of 20 quiet periods are off those near them, to either "
        "side; a dot is filled where it does not hold zero. Of many dots some are filled by "
        "chance: only what chance leaves no room for is told among what stands out. What falls "
        "together, such as a feast and a sale, is not told apart.",
    )


def _said(event: str) -> str:
    """Return an event as words; a column keeps its name."""
    return name(event).title() if event == event.lower() else event


def _own(named: pl.DataFrame, facts: EdaFacts) -> Figure | None:
    """Return the period of each event; the heading is that which is farthest from quiet ones."""
    own = named.filter((pl.col("offset") == 0) & pl.col("ratio").is_not_null())
    if own.is_empty():
        return None
    rows = own.sort("ratio", "label", descending=[True, False]).with_columns(text=_TEXT)
    says = _strongest(rows, facts)
    return half(
        partial(eda_effects.ratios, rows.select("label", "ratio", "low", "high", "text")),
        "events",
        says,
        f"The {facts.every} of each event against quiet {facts.every}s near it",
    )


def _strongest(rows: pl.DataFrame, facts: EdaFacts) -> str:
    """Return the row that is farthest from quiet periods, in words."""
    ranked = rows.sort(
        (pl.col("ratio") - 1).abs(), "label", "offset", descending=[True, False, False]
    )
    top = ranked.row(0, named=True)
    return f"{top['label']}: {change(top['ratio'])} {_when(top['offset'], facts.every)}"


def _when(offset: int, every: str) -> str:
    """Return a place beside an event in words.

    >>> _when(0, "week"), _when(-1, "week"), _when(2, "day")
    ('in its week', 'in the week before it', '2 days after it')
    """
    if offset == 0:
        return f"in its {every}" if every == "week" else "on its day"
    side = "before" if offset < 0 else "after"
    if abs(offset) == 1:
        return f"{'in' if every == 'week' else 'on'} the {every} {side} it"
    return f"{abs(offset)} {every}s {side} it"


def _around(named: pl.DataFrame, facts: EdaFacts) -> list[Figure]:
    """Return the periods around the events that move most."""
    if named.is_empty() or named["offset"].n_unique() < 2:
        return []
    size = (pl.col("ratio").log().abs()).max()
    ranked = (
        named
        .drop_nulls("ratio")
        .filter(pl.col("ratio") > 0)
        .group_by("label")
        .agg(size.alias("size"), pl.col("n").max())
        .sort("size", "label", descending=[True, False])
        .head(_AROUND)
    )
    words = file_words(ranked["label"].to_list())
    return [
        small(
            partial(eda_effects.around, named.filter(pl.col("label") == label)),
            f"around-{words[label]}",
            _strongest(named.filter(pl.col("label") == label).drop_nulls("ratio"), facts),
            f"{count(times, 'time')}; {facts.every}s before and after it",
        )
        for label, _, times in ranked.iter_rows()
    ]


def _dated(frame: pl.DataFrame, facts: EdaFacts) -> Table | None:
    """Return each event at each of its dates."""
    if frame.is_empty():
        return None
    own = frame.filter((pl.col("offset") == 0) & pl.col("date").is_not_null())
    before = frame.filter(pl.col("offset") == -1).select("event", "date", before="ratio")
    shown = own.join(before, on=["event", "date"], how="left", maintain_order="left").with_columns(
        event=pl.col("event").map_elements(_said, return_dtype=pl.String)
    )
    return shown_table(
        shown.sort("event", "date"),
        ["event"],
        [
            Shown(column="date", head=capitalized(facts.every), words=plain),
            Shown(column="before", head=f"{capitalized(facts.every)} before", words=change),
            Shown(column="ratio", head="Itself", words=change),
            Shown(column="low", head="From", words=change),
            Shown(column="high", head="To", words=change),
            Shown(column="quiet", head=f"Quiet {facts.every}s", words=whole),
        ],
        "Every event at every date, against quiet periods near it; from and to: less and more what "
        "19 of 20 quiet periods are off those near them.",
        most=30,
        wide=True,
    )


def covariates(tables: Tables, facts: EdaFacts) -> Section:
    """Return what goes with the columns beside the target."""
    effect = _effects(tables, facts)
    return Section(
        name="covariates",
        title="What goes with it",
        half=(effect,) if effect is not None else (),
        files=("covariate_effects",),
        note="None of this says what causes what. Rows are told apart within the same periods, and "
        "each is compared with its own series’ mean; a value that is unknown is never taken for "
        "zero.",
    )


def _effects(tables: Tables, facts: EdaFacts) -> Figure | None:
    """Return rows told apart by each covariate."""
    frame = tables.get("covariate_effects", _EMPTY)
    if frame.is_empty():
        return None
    rows = frame.with_columns(label=pl.format("{}: {}", "column", "group"), text=_TEXT).drop_nulls(
        "ratio"
    )
    if rows.is_empty():
        return None
    top = rows.sort(
        pl.col("ratio").log().abs(), "label", descending=[True, False], nulls_last=True
    ).row(0, named=True)
    pairs_of = rows.select("group", "against").unique(maintain_order=True).iter_rows()
    sides = ", ".join(f"{group} against {against}" for group, against in pairs_of)
    return half(
        partial(eda_effects.ratios, rows.select("label", "ratio", "low", "high", "text")),
        "covariates",
        f"Rows with {_with(top['column'], top['group'])} stand {beside(top['ratio'])} those with "
        f"{_with('it', top['against'])}",
        f"{facts.target} against its series’ mean, in the same {facts.every}s: {sides}",
    )


def _with(column: str, group: str) -> str:
    """Return a group of rows as a sentence says it.

    >>> _with("MarkDown1", "upper half"), _with("it", "zero")
    ('MarkDown1 in the upper half', 'it zero')
    """
    return f"{column} in the {group}" if group.endswith("half") else f"{column} {group}"
