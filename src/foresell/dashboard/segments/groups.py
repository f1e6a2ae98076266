"""Where the answers miss most: the errors of the chosen rows, parted by the values of a column."""

import polars as pl

from foresell.charts.errors_by import dumbbells
from foresell.charts.theme import text_width
from foresell.dashboard.page import Cell, Figure, Table
from foresell.dashboard.segments.facets import Facet, name_of
from foresell.dashboard.segments.judged import BASELINE
from foresell.dashboard.segments.question import Question
from foresell.evaluate.row_truth import ROW
from foresell.report.standing import scale_limit
from foresell.report.wording import NBSP, count, percent, segment_label, signed
from foresell.spec.forecast import BANDS
from foresell.spec.ordered_sums import ordered_mean, ordered_sum

_MOST = 12  # groups that are drawn
_LEAST = 216  # pixels for the numbers at the right, and for dots that can be told apart
_FEWEST = 30  # rows of a group from which on its share of errors says something


def groups_of(asked: Question, facet: Facet) -> pl.DataFrame:
    """Return the errors of each group, in the order of the facet.

    ``value`` (as an address names it), ``n``, ``wape``, ``bias`` (sum of errors over sum of
    truth), ``baseline`` (its WAPE), ``coverage_80`` and ``coverage_95`` where they are known. A
    share of truth is null where all truth is zero.
    """
    y = pl.col("y")
    total = ordered_sum(y.abs())

    def share(error: pl.Expr) -> pl.Expr:
        return pl.when(total > 0).then(ordered_sum(error) / total)

    found = (
        asked.kept
        .sort(ROW)
        .with_columns(__group=name_of(facet))
        .drop_nulls("__group")
        .group_by("__group", maintain_order=True)
        .agg(
            n=pl.len().cast(pl.Int64),
            wape=share((pl.col("prediction") - y).abs()),
            bias=share(pl.col("prediction") - y),
            **({"baseline": share((pl.col(BASELINE) - y).abs())} if asked.against else {}),
            **{
                f"coverage_{level}": ordered_mean(
                    y.is_between(pl.col(f"q{low}"), pl.col(f"q{high}")).cast(pl.Float64)
                )
                for level, (low, high) in BANDS.items()
                if {f"q{low}", f"q{high}"} <= set(asked.kept.columns)
            },
        )
    )
    order = {one.text: place for place, one in enumerate(facet.values)}
    places = pl.col("__group").replace_strict(order, return_dtype=pl.Int64, default=len(order))
    return found.sort(places, "__group").rename({"__group": "value"})


def groups_shown(asked: Question) -> pl.DataFrame | None:
    """Return the largest groups, in the order of the facet; None where there are not two."""
    if asked.by is None:
        return None
    every = groups_of(asked, asked.by).drop_nulls("wape").with_row_index("at")
    largest = every.sort("n", "at", descending=[True, False]).head(_MOST)
    return largest.sort("at").drop("at") if largest.height > 1 else None


def groups_chart(asked: Question) -> Figure | None:
    """Return the chart of the errors by group; None where there are not two."""
    facet, groups = asked.by, groups_shown(asked)
    if facet is None or groups is None:
        return None
    labels = [
        f"{_label(facet, value)} ({n:,})" for value, n in groups.select("value", "n").iter_rows()
    ]
    case, named = asked.judged.case, groups.with_columns(value=pl.Series(labels))
    parts = [named.select("value", candidate=pl.lit(case.champion), wape="wape")]
    if asked.against and case.baseline != case.champion:
        parts.append(named.select("value", candidate=pl.lit(case.baseline), wape="baseline"))
    rows = pl.concat(parts)
    left = min(max(map(text_width, labels)) + 16, 190)
    versus = f"; grey: {case.baseline}" if len(parts) > 1 else ""
    return Figure(
        name="groups",
        title=_hardest(facet, groups),
        note=f"WAPE, % of the truth, by {facet.column} (rows){versus}.",
        says="; ".join(
            f"{value}: {percent(share)}" for value, share in named.select("value", "wape").rows()
        ),
        draw=lambda width: dumbbells(
            rows,
            champion=case.champion,
            baseline=case.baseline,
            limit=scale_limit(rows),
            left=min(left, width - _LEAST),
            width=width,
        ),
        rows=groups,
        size=(520, 27 * groups.height + 36),
    )


def groups_table(asked: Question) -> Table | None:
    """Return how often the bands held in each group, and its bias; None without two groups."""
    facet, groups = asked.by, groups_shown(asked)
    if facet is None or groups is None:
        return None
    held = [level for level in BANDS if f"coverage_{level}" in groups.columns]
    parted = sum(one.rows > 0 for one in facet.values)
    largest = f"; the {_MOST} largest of {parted}" if groups.height == _MOST < parted else ""
    return Table(
        caption=f"How often the bands held, and the bias, by {facet.column}{largest}.",
        heads=(facet.column, "Rows", *(f"{level}{NBSP}% held" for level in held), "Bias"),
        rows=[
            [
                Cell(text=_label(facet, row["value"])),
                Cell(text=count(row["n"])),
                *(Cell(text=percent(row[f"coverage_{level}"])) for level in held),
                Cell(text=signed(row["bias"])),
            ]
            for row in groups.iter_rows(named=True)
        ],
    )


def _label(facet: Facet, value: str) -> str:
    """Return what a group is called under the name of its column."""
    return next((one.label for one in facet.values if one.text == value), value)


def _hardest(facet: Facet, groups: pl.DataFrame) -> str:
    """Return where the error is largest and least, among groups of some size."""
    sized = groups.filter(pl.col("n") >= _FEWEST)
    ranked = (sized if sized.height > 1 else groups).sort("wape", "value", descending=[True, False])
    (worst, most), (best, least) = (
        (segment_label(facet.column, _label(facet, row["value"])), percent(row["wape"]))
        for row in (ranked.row(0, named=True), ranked.row(-1, named=True))
    )
    return f"Hardest: {worst}, off by {most}; easiest: {best}, {least}."
