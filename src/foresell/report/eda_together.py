"""Everything together: the total of a panel through time, and of the parts it is told apart by."""

from functools import partial

import polars as pl

from foresell.charts import eda_time
from foresell.report.eda_columns import Tables, file_words
from foresell.report.eda_drawn import half, wide
from foresell.report.eda_facts import EdaFacts, Section
from foresell.report.figures import Figure
from foresell.report.wording import amount, capitalized, day, name, percent, segment_value
from foresell.spec.ordered_sums import one_piece, ordered_mean, ordered_sum

_PARTS, _SEGMENTS = 4, 3
_MANY = 400  # periods that no line half a page wide can show
_EMPTY = pl.DataFrame()


def together(tables: Tables, facts: EdaFacts) -> Section:
    """Return the total of all series, and of the parts that the project tells apart."""
    totals = tables.get("totals", _EMPTY)
    figures: tuple[Figure, ...] = ()
    if not totals.is_empty():
        peak = totals.drop_nulls("y").sort("y", "date", descending=[True, False]).row(0, named=True)
        of = "on" if facts.every == "day" else "in the week of"
        says = f"The highest total, {amount(peak['y'], facts.unit)}, came {of} {day(peak['date'])}"
        if peak["events"]:
            says += f" ({', '.join(event_words(peak['events']))})"
        shows = f"{facts.measured}, all series together, by {facts.every}"
        figures = (wide(partial(eda_time.periods, totals, _marks(totals)), "totals", says, shows),)
    return Section(
        name="together",
        title="Everything together",
        wide=figures,
        half=tuple(_parts(tables, facts)),
        files=("totals", "segment_totals"),
    )


def event_words(events: str) -> list[str]:
    """Return the events of a period as words."""
    return [name(word).title() for word in events.split(", ") if word]


def _marks(totals: pl.DataFrame) -> pl.DataFrame:
    """Return ``date``, ``name`` of every event, those of the highest totals first."""
    size = pl.max_horizontal(pl.col("y"), pl.col("y").shift(1))
    ordered = (
        totals
        .with_columns(size=size)
        .filter(pl.col("events").fill_null("") != "")
        .sort("size", "date", descending=[True, False], nulls_last=True)
    )
    if ordered.is_empty():
        return ordered
    return (
        ordered
        .select("date", name=pl.col("events").str.split(", "))
        .explode("name")
        .with_columns(
            pl.col("name").map_elements(lambda word: name(word).title(), return_dtype=pl.String)
        )
    )


def _parts(tables: Tables, facts: EdaFacts) -> list[Figure]:
    """Return the totals of the values of each declared segment, the largest few."""
    frame = tables.get("segment_totals", _EMPTY)
    if frame.is_empty():
        return []
    found = []
    segments = frame["segment"].unique(maintain_order=True).to_list()[:_SEGMENTS]
    for segment, word in file_words(segments).items():
        own = frame.filter(pl.col("segment") == segment)
        sizes = _sized(tables, segment, own)
        names = [value for value, _ in sizes][:_PARTS]
        daily = own["date"].n_unique() > _MANY
        drawn = _by_week(own) if daily else own
        shown = pl.concat([
            drawn.filter(pl.col("value").eq_missing(value)).select(
                "date", "y", value=pl.lit(_part(segment, value))
            )
            for value in names
        ])
        more = f"; the largest {_PARTS} of {len(sizes)}" if len(sizes) > _PARTS else ""
        value, part = sizes[0]
        told = "the mean day of each week" if daily else f"by {facts.every}"
        found.append(
            half(
                partial(eda_time.parted, shown),
                f"segment-{word}",
                f"{capitalized(_part(segment, value))} makes {percent(part)} of the total",
                f"{facts.measured}, by {segment}, {told}{more}",
            )
        )
    return found


def _part(segment: str, value: str | None) -> str:
    """Return a value of a segment in words, also one that is missing.

    >>> _part("type", "A"), _part("type", None)
    ('type A', '(type missing)')
    """
    return f"({name(segment)} missing)" if value is None else segment_value(segment, value)


def _by_week(own: pl.DataFrame) -> pl.DataFrame:
    """Return the mean day of each whole week: two years of days are no line."""
    return (
        own
        .sort("value", "date")
        .group_by(pl.col("date").dt.truncate("1w"), "value", maintain_order=True)
        .agg(ordered_mean(pl.col("y")), days=pl.len())
        .filter(pl.col("days") == 7)
    )


def _sized(tables: Tables, segment: str, own: pl.DataFrame) -> list[tuple[str | None, float]]:
    """Return the values of a segment with their share of the total, the largest first."""
    told = tables.get("by_segment", _EMPTY)
    if not told.is_empty():
        rows = told.filter((pl.col("segment") == segment) & pl.col("share").is_not_null())
        there = set(own["value"].to_list())
        pairs = [(v, s) for v, s in rows.select("value", "share").iter_rows() if v in there]
        if len(pairs) == len(there):
            return sorted(pairs, key=_by_size)
    sums = own.group_by("value").agg(ordered_sum(pl.col("y"))).sort("value")
    whole_of = float(one_piece(sums["y"]).sum()) or 1.0
    pairs = [(value, y / whole_of) for value, y in sums.iter_rows()]
    return sorted(pairs, key=_by_size)


def _by_size(part: tuple[str | None, float]) -> tuple[float, bool, str]:
    """Return what puts the largest part first, of equal ones that without a value last."""
    value, size = part
    return -size, value is None, value or ""
