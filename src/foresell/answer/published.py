"""The published forecasts of a bundle: answers made when it was made, found without a model.

No model is read here, and nothing that trains is imported: the process that serves has this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.answer.reach import Reach, reach_of
from foresell.bundle.bundle import Bundle
from foresell.errors import DataError
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

ANSWERS = ("prediction", *quantile_columns(), "interval_method", "level_used")
BY_DEFAULT, PLANNED = "by_default", "planned_"  # columns; the second is put before a name
_NUMBERS = {"prediction": "prediction", "p10": "q0.1", "p90": "q0.9"}

Places = NDArray[np.int64]
Columns = Mapping[str, Sequence[Any]]  # rows by column, plain values of one length


@dataclass(frozen=True, kw_only=True, eq=False)
class Published:
    """Published rows by series and date.

    ``frame``: see `foresell.answer.publishing.published_rows`. ``series``: the number of each by
    its keys. ``place``: (n series, n periods) the row in ``frame``, -1 for none; periods are
    counted from ``first``. ``statics``: key columns and static columns as the history knows them,
    a row a series. ``histories``: the keys of the series that have one. ``seen``: by key column,
    the values that have a history. ``ranges``: by
    known-future column of numbers, the least and the greatest value of the history. ``plan``: by
    known-future column, what each row of ``frame`` rests on, NaN for unknown. ``numbers`` and
    ``words``: the answers by column; words are few, each row has the number of its own.
    """

    frame: pl.DataFrame
    project: ProjectSpec
    reach: Reach
    series: Mapping[tuple[object, ...], int]
    place: NDArray[np.int32]
    first: date
    statics: pl.DataFrame
    histories: frozenset[tuple[object, ...]]
    seen: Mapping[str, frozenset[object]]
    ranges: Mapping[str, tuple[float, float]]
    plan: Mapping[str, NDArray[np.float64]]
    numbers: Mapping[str, NDArray[np.float64]]
    words: Mapping[str, tuple[Sequence[str], NDArray[np.int64]]]

    def find(self, rows: Columns) -> list[int]:
        """Return (n,) the row of ``frame`` for each of ``rows``, -1 where none is published.

        ``rows``: key columns and date in the types of the contract, without nulls.
        """
        keys = zip(*(rows[name] for name in self.project.keys), strict=True)
        place, every, first = self.place, self.reach.every, self.first.toordinal()
        found = []
        for key, day in zip(keys, rows[self.project.time], strict=True):
            series = self.series.get(key, -1)
            period, left = divmod(day.toordinal() - first, every)
            there = series >= 0 and not left and 0 <= period < place.shape[1]
            found.append(int(place[series, period]) if there else -1)
        return found

    def as_planned(self, rows: Columns, found: Sequence[int]) -> bool:
        """Tell whether ``rows`` tell nothing but the plan that their answers rest on.

        ``found``: where they are published, each of them is. What is null or left out is untold.
        """
        return not any(
            value is not None and value != plan[at]
            for name, plan in self.plan.items()
            for value, at in zip(rows.get(name, ()), found, strict=False)
        )

    def known(self, keys: tuple[object, ...]) -> bool:
        """Tell whether the series of these keys has a history."""
        return keys in self.histories

    def unseen(self, rows: Columns) -> list[list[str]]:
        """Return of each of ``rows`` the key columns whose value has no history."""
        told: list[list[str]] = [[] for _ in rows[self.project.time]]
        for name in self.project.keys:
            known = self.seen[name]
            for at, value in enumerate(rows[name]):
                if value not in known:
                    told[at].append(name)
        return told

    def outside(self, rows: Columns) -> list[list[str]]:
        """Return of each of ``rows`` the columns told beyond all that the history holds."""
        told: list[list[str]] = [[] for _ in rows[self.project.time]]
        for name, (least, most) in self.ranges.items():
            for at, value in enumerate(rows.get(name, ())):
                if value is not None and not least <= value <= most:
                    told[at].append(name)
        return told

    def answers(self, found: Sequence[int]) -> dict[str, list[Any]]:
        """Return the published answers at the rows ``found``, plain values by column.

        ``prediction``, ``p10``, ``p90``, ``interval_method``, ``level_used``.
        """
        told: dict[str, list[Any]] = {
            name: values[found].tolist() for name, values in self.numbers.items()
        }
        for name, (words, codes) in self.words.items():
            told[name] = [words[code] for code in codes[found].tolist()]
        return told


def read_published(bundle: Bundle) -> Published:
    """Return what ``bundle`` published, ready to be looked up.

    Raises:
        DataError: it is a bundle of before forecasts were published.
    """
    project = parse_project(bundle.project_text, "bundle/project.yaml")
    frame = bundle.published
    if frame.is_empty():
        raise DataError(
            "this bundle has published no forecasts: published.parquet is missing",
            f"bundle of {project.name!r}",
            f"train it again: foresell run {project.name}",
        )
    reach, keys = reach_of(bundle, project), list(project.keys)
    series = {row: at for at, row in enumerate(frame.select(keys).unique().sort(keys).rows())}
    days = frame[project.time]
    first, last = cast("date", days.min()), cast("date", days.max())
    place = np.full((len(series), (last - first).days // reach.every + 1), -1, dtype=np.int32)
    which = np.array([series[row] for row in frame.select(keys).rows()])
    period = ((days - first).dt.total_days() // reach.every).to_numpy()
    place[which, period] = np.arange(frame.height, dtype=np.int32)
    return Published(
        frame=frame,
        project=project,
        reach=reach,
        series=series,
        place=place,
        first=first,
        statics=static_values(bundle.history, project),
        histories=frozenset(bundle.history.select(keys).unique().rows()),
        seen={name: frozenset(bundle.history[name].unique().to_list()) for name in keys},
        ranges=_ranges(bundle.history, project),
        plan={
            name: frame[f"{PLANNED}{name}"].cast(pl.Float64).fill_null(np.nan).to_numpy()
            for name in project.with_role("known_future")
        },
        numbers={name: frame[column].to_numpy() for name, column in _NUMBERS.items()},
        words={name: _coded(frame[name]) for name in ("interval_method", "level_used")},
    )


def _coded(column: pl.Series) -> tuple[Sequence[str], NDArray[np.int64]]:
    """Return the few words of a column, and which of them each row has."""
    words = column.unique().sort().to_list()
    number = {word: at for at, word in enumerate(words)}
    return words, np.array([number[word] for word in column.to_list()], dtype=np.int64)


def static_values(history: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return key columns and static columns of each series, as they were last known."""
    static = project.with_role("static")
    return history.group_by(project.keys).agg(pl.col(name).drop_nulls().last() for name in static)


def _ranges(history: pl.DataFrame, project: ProjectSpec) -> dict[str, tuple[float, float]]:
    """Return the least and the greatest value of the known-future columns of numbers."""
    names = [
        name
        for name in project.with_role("known_future")
        if history.schema[name].is_numeric() and history[name].null_count() < history.height
    ]
    ends = history.select(
        *(pl.col(name).cast(pl.Float64).min().alias(f"{name} least") for name in names),
        *(pl.col(name).cast(pl.Float64).max().alias(f"{name} most") for name in names),
    )
    return {name: (ends[f"{name} least"][0], ends[f"{name} most"][0]) for name in names}
