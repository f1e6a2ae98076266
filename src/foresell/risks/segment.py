"""A segment: the rows of the processed layer that have certain values, summed by date.

The layer is read part by part, so that only sums by date are held, however many rows there are.
Sums of one date and part are exact (`math.fsum`), so the order of the rows changes nothing.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from foresell.data.asked_values import known_values, typed_value
from foresell.errors import UsageError, nearest
from foresell.spec.project import ProjectSpec

_LONGEST = 100  # characters of a name
_WORD = re.compile(r"[a-z]{3}")

Where = Mapping[str, Sequence[object]]
Segment = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What the layer holds of a segment.

    ``segment``: the values wanted, typed and sorted, columns in declared order. ``by_date``:
    ``date`` (ascending), ``value`` (the sum of the target, in its unit), ``rows``. ``rows``: of the
    segment; ``unknown`` of them had no target and ``undated`` no date, and are in no sum. ``first``
    and ``last``: the dates between which the whole project has rows; None without any.
    """

    segment: Segment
    by_date: pl.DataFrame
    rows: int
    unknown: int
    undated: int
    first: date | None
    last: date | None


def segment_columns(project: ProjectSpec) -> tuple[str, ...]:
    """Return the columns a segment can be made of: all of the layer but the target and the time."""
    return tuple(
        name for name, role in project.columns.items() if role not in {"target", "time", "weight"}
    )


def check_columns(where: Where, project: ProjectSpec) -> None:
    """Refuse a segment of columns that are not there, and a project without months.

    Raises:
        UsageError: what the sentence above names.
    """
    if not project.with_role("time"):
        raise UsageError(
            f"the project {project.name!r} has no column with the role time, so it has no months",
            f"project {project.name!r}, columns",
            "ask for a project with dates; see: foresell projects",
        )
    for name in where:
        if name not in (known := segment_columns(project)):
            role = project.columns.get(name)
            what = f"the column {name!r} is the {role}: it makes no segment"
            what = f"there is no column {name!r}" if role is None else what
            raise UsageError(what, "segment", nearest(name, known))


def gather(parts: Iterable[pl.DataFrame], project: ProjectSpec, where: Where) -> Gathered:
    """Return the sums by date of the rows in ``parts`` that have a value of every column wanted.

    ``parts``: the processed rows, in pieces, with the columns of ``where``, the time and the
    target. ``where``: column -> values, as they are or as text. A value that no row of the project
    has is a UsageError, which names the nearest.
    """
    collected = _Collected(project, where)
    for part in parts:
        collected.add(part)
    collected.refuse_unknown()
    return collected.gathered()


def segment_name(project: ProjectSpec, segment: Segment) -> str:
    """Return what the files of a segment are called, before their ending.

    The target's name, ``ts_risk``, then the values of the segment, columns in declared order, or
    ``all`` without any: ``sales_ts_risk_classic_cars_usa``. A value that is hardly a word (no three
    letters in a row) has its column before it: ``weekly_sales_ts_risk_store_1_type_a``.
    """
    values = [
        word if _WORD.search(word := _slug(value)) else f"{_slug(column)}_{word}"
        for column, wanted in segment.items()
        for value in wanted
    ]
    target = _slug(project.with_role("target")[0])
    name = "_".join([target, "ts_risk", *(values or ["all"])])
    return name[:_LONGEST].rstrip("_")


def told(segment: Segment) -> str:
    """Return a segment in words.

    >>> told({"PRODUCTLINE": ("Classic Cars",), "COUNTRY": ("France", "USA")})
    'PRODUCTLINE Classic Cars, COUNTRY France or USA'
    >>> told({})
    'all rows'
    """
    return ", ".join(
        f"{name} {' or '.join(_text(value) for value in values)}"
        for name, values in segment.items()
    ) or ("all rows")


@dataclass
class _Collected:
    """What has been gathered of the parts so far."""

    project: ProjectSpec
    where: Where
    kinds: dict[str, pl.DataType] = field(default_factory=dict)
    there: dict[str, set[Any]] = field(default_factory=dict)
    sums: dict[date, list[float]] = field(default_factory=dict)
    counts: dict[date, int] = field(default_factory=dict)
    rows: int = 0
    unknown: int = 0
    undated: int = 0
    first: date | None = None
    last: date | None = None

    def add(self, part: pl.DataFrame) -> None:
        """Add the rows of one part."""
        time, target = self.project.time, self.project.with_role("target")[0]
        days = part[time].cast(pl.Date)
        low, high = days.min(), days.max()
        if isinstance(low, date) and isinstance(high, date):
            self.first = low if self.first is None else min(self.first, low)
            self.last = high if self.last is None else max(self.last, high)
        kept = part.with_columns(days)
        for name, values in self.where.items():
            self.kinds[name] = part[name].dtype
            self.there.setdefault(name, set()).update(part[name].unique().to_list())
            typed = [value for value in self._typed(name, values) if value in self.there[name]]
            kept = kept.filter(
                pl.col(name).is_in(pl.Series(typed, dtype=part[name].dtype).implode())
            )
        self.rows += kept.height
        sales = pl.col(target).cast(pl.Float64)
        self.unknown += kept.filter(sales.is_null() | ~sales.is_finite()).height
        self.undated += kept[time].null_count()
        known = kept.filter(sales.is_finite() & pl.col(time).is_not_null())
        for day, values in known.group_by(time).agg(sales).sort(time).iter_rows():
            self.sums.setdefault(day, []).append(math.fsum(values))
            self.counts[day] = self.counts.get(day, 0) + len(values)

    def refuse_unknown(self) -> None:
        """Refuse a value that no row of the project has.

        Raises:
            UsageError: the first such value.
        """
        for name, values in self.where.items():
            there = self.there.get(name, set())
            for value, given in zip(self._typed(name, values), values, strict=True):
                if there and value not in there:
                    texts = [_text(one) for one in sorted(there - {None})]
                    raise UsageError(
                        f"no row has {name}={given}", "segment", known_values(str(given), texts)
                    )

    def gathered(self) -> Gathered:
        """Return the sums of all parts."""
        days = sorted(self.sums)
        by_date = pl.DataFrame(
            {
                "date": days,
                "value": [math.fsum(self.sums[day]) for day in days],
                "rows": [self.counts[day] for day in days],
            },
            schema={"date": pl.Date, "value": pl.Float64, "rows": pl.Int64},
        )
        order = [name for name in self.project.columns if name in self.where]
        return Gathered(
            segment={
                name: tuple(sorted(set(self._typed(name, self.where[name])))) for name in order
            },
            by_date=by_date,
            rows=self.rows,
            unknown=self.unknown,
            undated=self.undated,
            first=self.first,
            last=self.last,
        )

    def _typed(self, name: str, values: Sequence[object]) -> list[Any]:
        """Return ``values`` read as the column's type; text that is none of it stays text."""
        return [typed_value(self.kinds.get(name, pl.String()), value) for value in values]


def _text(value: object) -> str:
    """Return a value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _slug(value: object) -> str:
    """Return a value as part of a file name: small letters, digits and underscores.

    >>> _slug("Classic Cars"), _slug("Kräne & Züge"), _slug(1.5)
    ('classic_cars', 'krane_zuge', '1_5')
    """
    plain = unicodedata.normalize("NFKD", _text(value)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.casefold()).strip("_") or "other"
