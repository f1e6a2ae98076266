"""Declared cleaning over all rows of a layer: what is learnt first, then applied, with an audit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import polars as pl

from foresell.contracts.contract import Contract
from foresell.contracts.gate import ROW
from foresell.contracts.uniqueness import split_by_key
from foresell.data.cleaning import (
    FLAG,
    OUTLIER,
    Cleaned,
    Recipe,
    clean_rows,
    constant_fill,
    learns,
    learnt_fences,
    learnt_fill,
)
from foresell.data.grouping import group_rows, join_groups, partial_groups
from foresell.data.row_splits import trained_rows
from foresell.data.splits import identity_columns, last_trained
from foresell.pipeline.layering import Years
from foresell.pipeline.spill import Spill, shares
from foresell.spec.cleaning import Cleaning, Grouping
from foresell.spec.project import ProjectSpec

CLEANS = ("fill", "outliers", "negative_target")  # first words of the steps that a cleaner makes


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What tells training rows from evaluated ones: ``tell`` looks at ``columns``."""

    columns: tuple[str, ...]
    tell: Callable[[pl.DataFrame], pl.Series]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of cleaning: what it was done to, and why.

    ``changed``: rows set aside or summed up, or values dropped, filled, flagged or clipped.
    """

    step: str
    column: str | None
    rows_in: int
    rows_out: int
    changed: int
    why: str

    def __str__(self) -> str:
        """Return the step in words."""
        of = f" {self.column}" if self.column is not None else ""
        rows = (
            f", {self.rows_in:,} -> {self.rows_out:,} rows" if self.rows_in != self.rows_out else ""
        )
        return f"{self.step}{of}: {self.changed:,} changed{rows}; {self.why}"


def grouped(
    parts: Iterator[pl.DataFrame], grouping: Grouping | None, rows: int, spill: Spill
) -> Iterator[pl.DataFrame]:
    """Yield the rows of ``parts`` summed up as declared, or as they are; about ``rows`` come in.

    Few rows are summed up at once. Many are summed up part by part; the results are put together,
    a share of the groups at a time.
    """
    if grouping is None:
        yield from parts
        return
    many = shares(rows)
    if many == 1:
        held = [part.drop(ROW) for part in parts]
        yield group_rows(pl.concat(held), grouping)
        return
    places = [spill.pieces(f"groups/{share}") for share in range(many)]
    for part in parts:
        partial = partial_groups(part.drop(ROW), grouping)
        for share, groups in split_by_key(partial, grouping.by, many).items():
            places[share].add(groups)
    for place in places:
        if place.rows:
            yield join_groups(place.read(), grouping)


@dataclass
class Cleaner:
    """Applies a recipe batch by batch, and counts what it does."""

    recipe: Recipe
    trained: Trained
    columns: Sequence[str]
    cleaning: Cleaning
    rows_in: int = 0
    rows_out: int = 0
    filled: dict[str, int] = field(default_factory=dict)
    outlying: int = 0
    negative: int = 0

    def clean(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the layer: declared columns and flags, and ``__row`` if it came."""
        done: Cleaned = clean_rows(frame, self.recipe, self.trained.tell(frame))
        self.rows_in += frame.height
        self.rows_out += done.rows.height
        self.outlying += done.outlying
        self.negative += done.negative
        for name, count in done.filled.items():
            self.filled[name] = self.filled.get(name, 0) + count
        extra = [name for name in (OUTLIER, FLAG, ROW) if name in done.rows.columns]
        return done.rows.select(*self.columns, *extra)

    def steps(self) -> list[Step]:
        """Return what was done, step by step."""
        before, after = self.rows_in, self.rows_out
        found = [
            Step(
                step="fill",
                column=name,
                rows_in=before,
                rows_out=before,
                changed=self.filled.get(name, 0) if value is not None else 0,
                why=self._fill_why(name, value),
            )
            for name, value in self.recipe.fills.items()
        ]
        outliers = self.cleaning.outliers
        if outliers is not None:
            fences = ", ".join(
                f"{name} from {fence.low:,.6g} to {fence.high:,.6g}"
                for name, fence in self.recipe.fences.items()
            )
            found.append(
                Step(
                    step=f"outliers ({outliers.action})",
                    column=", ".join(outliers.columns),
                    rows_in=before,
                    rows_out=after,
                    changed=self.outlying,
                    why=f"outside {fences or 'nothing: no value is known'}: {outliers.factor:g} "
                    "interquartile ranges of the training rows",
                )
            )
        policy = self.cleaning.negative_target
        whys = {
            "keep": "negative targets stay as they are",
            "flag": f"negative targets are true in {FLAG}",
            "clip": "models learn 0 instead; scores use the raw target",
        }
        found.append(
            Step(
                step=f"negative_target ({policy})",
                column=self.recipe.target,
                rows_in=after,
                rows_out=after,
                changed=self.negative if policy != "keep" else 0,
                why=whys[policy],
            )
        )
        return found

    def _fill_why(self, name: str, value: object) -> str:
        """Return where the value that fills a column comes from."""
        statistic = self.cleaning.fill[name].statistic
        if statistic is None:
            return f"the declared value {value}"
        return f"the {statistic} of the training rows, {'unknown' if value is None else value}"


def make_cleaner(years: Years, project: ProjectSpec, contract: Contract) -> Cleaner:
    """Learn from the training rows of ``years`` what the declared cleaning needs to know."""
    cleaning = project.cleaning
    trained = _trained(years, project, contract) if learns(cleaning) else _NOTHING
    fills: dict[str, object] = {}
    for name, fill in cleaning.fill.items():
        if fill.statistic is None:
            fills[name] = constant_fill(fill, _kind(years, name), name)
        else:
            fills[name] = learnt_fill(_values(years, name, trained), fill.statistic)
    fences = {}
    outliers = cleaning.outliers
    for name in outliers.columns if outliers is not None else ():
        values = _values(years, name, trained)
        if fills.get(name) is not None:
            values = values.fill_null(fills[name])
        fence = learnt_fences(values, outliers.factor if outliers is not None else 0.0)
        if fence is not None:
            fences[name] = fence
    recipe = Recipe(
        target=project.target,
        fills=fills,
        fences=fences,
        action=outliers.action if outliers is not None else "flag",
        flag_negative=cleaning.negative_target == "flag",
    )
    return Cleaner(
        recipe=recipe, trained=trained, columns=tuple(project.columns), cleaning=cleaning
    )


# Where nothing is learnt, no row needs to be known as a training row.
_NOTHING = Trained(
    columns=(), tell=lambda frame: pl.repeat(value=False, n=frame.height, eager=True)
)


def _trained(years: Years, project: ProjectSpec, contract: Contract) -> Trained:
    """Return what tells training rows: those before the test, or those every split learns from."""
    if project.kind == "panel":
        time = project.time
        last = max(
            cast("date", part[time].max())
            for pieces in years.pieces.values()
            for part in pieces.read([time])
        )
        cutoff = last_trained(last, project)
        return Trained(columns=(time,), tell=lambda frame: frame[time] <= cutoff)
    identity = identity_columns(project, contract.key)
    times = project.with_role("time") if project.split.test_from is not None else ()
    wanted = tuple(dict.fromkeys((*identity, *times)))
    rows = [part for pieces in years.pieces.values() for part in pieces.read(wanted)]
    return Trained(columns=identity, tell=trained_rows(pl.concat(rows), project, identity))


def _values(years: Years, column: str, trained: Trained) -> pl.Series:
    """Return one column of all training rows."""
    needed = tuple(dict.fromkeys((column, *trained.columns)))
    return pl.concat([
        part.filter(trained.tell(part))[column]
        for pieces in years.pieces.values()
        for part in pieces.read(needed)
    ])


def _kind(years: Years, column: str) -> pl.DataType:
    """Return the type of a column."""
    part = next(part for pieces in years.pieces.values() for part in pieces.read([column]))
    return part.schema[column]
