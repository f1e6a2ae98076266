"""What is known beside a bundle: baselines, truths that came later, levels with their own bands.

These are files of the last run and of the monitor. Those of a run belong to the version it made,
and to no other: they are shown of that one alone.
"""

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl

from foresell.dashboard.forecast.asked import NONE
from foresell.dashboard.forecast.blocks import Block, laid
from foresell.dashboard.forecast.indexed import EDGES, INNER, Index
from foresell.dashboard.page import Trouble
from foresell.dashboard.reading.shown import AbsentError, Shown, tried
from foresell.errors import DataError, nearest
from foresell.spec.forecast import quantile_columns
from foresell.spec.registry import Version

HIERARCHY, REFUSED = "hierarchy.parquet", "refused_hierarchy.parquet"
OUTER = tuple(name for name in EDGES if name not in INNER)
_BASELINES, _PREDICTIONS, _FORECAST, _MONITOR = "baselines", "predictions", "forecast", "monitor"
_ACTUALS, _END = "actuals.parquet", ".parquet"
_CLOSE = 1e-9  # of a prediction: what reading and writing may change, and more


@dataclass(frozen=True, kw_only=True, eq=False)
class Beside:
    """What stands beside a version's own rows, each None where it is not to be had.

    ``names``: the baselines there are. ``baseline``: the one shown, and ``blind`` its forecasts of
    the test, ``outer``: the 95 % band of the test, both of the cells of ``Index.judged``, and of no
    others. ``truth``: what came true. ``levels``: the sums of every declared level and date, with
    their own bands.
    """

    names: tuple[str, ...] = ()
    baseline: str = ""
    blind: Block | None = None
    outer: Block | None = None
    truth: Block | None = None
    levels: pl.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Where it is read: of which version, and where what cannot be read is told."""

    shown: Shown
    index: Index
    version: Version
    troubles: dict[str, Trouble] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """The name of the project."""
        return self.shown.name


def read_beside(reading: Reading, baseline: str, errors: dict[str, str]) -> Beside:
    """Return what is known beside a version; what is not goes into ``reading.troubles``.

    ``baseline``: the name of one, "" for the best of the gate, `NONE` for none; ``errors`` are told
    of a name that there is not.
    """
    shown, troubles = reading.shown, reading.troubles
    truth = _truth(reading)
    if not _is_last_run(reading):
        if shown.files(_BASELINES):
            troubles["run"] = _other_run(reading)
        return Beside(truth=truth)
    names = tuple(
        sorted(one.removesuffix(_END) for one in shown.files(_BASELINES) if one.endswith(_END))
    )
    best = _best(reading.index)
    if baseline and baseline not in {*names, NONE}:
        errors["baseline"] = (
            f"there is no baseline {baseline[:40]!r}; {nearest(baseline[:40], names)}"
        )
        baseline = NONE
    name = baseline or (best if best in names else "")
    blind = None
    if name and name != NONE:
        blind = tried(
            troubles,
            "baseline",
            lambda: _blind(reading, name),
            f"{reading.project}/{_BASELINES}/{name}{_END}",
        )
    return Beside(
        names=names,
        baseline=name if blind is not None else "",
        blind=blind,
        outer=_outer(reading),
        truth=truth,
        levels=_levels(reading),
    )


def _is_last_run(reading: Reading) -> bool:
    """Tell whether the bundle that the last run left is that of the version."""
    shown = reading.shown
    if shown.stamp("bundle", "checksums.json") is None:
        return False
    listed = shown.content("bundle", "checksums.json")
    return hashlib.sha256(listed).hexdigest() == reading.version.digest


def _other_run(reading: Reading) -> Trouble:
    """Return what is said where the files of the run are another version's."""
    return Trouble(
        what="the baselines and the levels' bands on disk are of the last run, which did not make "
        f"version {reading.version.version}",
        where=f"{reading.project}/{_BASELINES}, {reading.project}/{_FORECAST}",
        mend="choose the version that the last run made",
    )


def _best(index: Index) -> str:
    """Return the baseline that the gate compared with last; "" where the bundle does not say."""
    gate: Any = index.metadata.get("gate")
    compared = gate.get("comparisons") if isinstance(gate, dict) else None
    return str(compared[-1].get("best_baseline", "")) if compared else ""


def _blind(reading: Reading, name: str) -> Block:
    """Return what a baseline says of the rows that the version was judged on.

    Its file has every series at every step, also where nothing was observed: a sum over those
    would be of other rows than the forecast and the truth beside it.

    Raises:
        DataError: it was made from another cutoff than the model was judged at.
    """
    shown, index, file = reading.shown, reading.index, f"{name}{_END}"
    frame = shown.frame(_BASELINES, file)
    cuts = frame["cutoff"].unique().to_list()
    if index.cut is None or cuts != [index.grid.day(index.cut)]:
        raise DataError(
            f"the baseline {name} was not made at the cutoff of the test",
            f"{reading.project}/{_BASELINES}/{file}",
            f"foresell run {reading.project} --force",
        )
    return shown.kept(
        ("explorer", "baseline", reading.version.digest, name),
        shown.stamp(_BASELINES, file),
        lambda: _where_judged(index, laid(index.grid, frame, ["prediction"])),
    )


def _where_judged(index: Index, made: Block) -> Block:
    """Return the columns of ``made`` in the shape of what was judged, NaN elsewhere."""
    judged, columns = index.judged, {}
    low, high = max(made.first, judged.first), min(made.after, judged.after)
    for name, whole in made.columns.items():
        values = np.full((index.n_series, judged.width), np.nan)
        if low < high:
            values[:, low - judged.first : high - judged.first] = whole[
                :, low - made.first : high - made.first
            ]
        values[~np.isfinite(judged.columns["prediction"])] = np.nan
        columns[name] = values
    return Block(first=judged.first, width=judged.width, columns=columns)


def _outer(reading: Reading) -> Block | None:
    """Return the 95 % band of the test, which a bundle does not hold, of the run's predictions."""
    champion = str(reading.index.metadata.get("champion", ""))
    file = f"{champion}{_END}"
    shown, index = reading.shown, reading.index
    if index.cut is None or shown.stamp(_PREDICTIONS, file) is None:
        return None

    def read() -> Block:
        """Read the columns that are wanted, of a file that has many more."""
        wanted = [*index.spec.keys, index.spec.time, "prediction", *OUTER]
        content = shown.content(_PREDICTIONS, file)
        frame = pl.read_parquet(BytesIO(content), columns=wanted)
        made = laid(index.grid, frame, ["prediction", *OUTER])
        _refuse_other(made, index, f"{reading.project}/{_PREDICTIONS}/{file}")
        return _where_judged(index, made)  # a run answers every series at every step

    return tried(
        reading.troubles,
        "outer",
        lambda: shown.kept(
            ("explorer", "outer", reading.version.digest), shown.stamp(_PREDICTIONS, file), read
        ),
        f"{reading.project}/{_PREDICTIONS}/{file}",
    )


def _refuse_other(made: Block, index: Index, where: str) -> None:
    """Refuse a band of another forecast than the one that was judged.

    Raises:
        DataError: it is.
    """
    judged = index.judged
    same = made.first == judged.first and made.width == judged.width
    if same:
        own, told = judged.columns["prediction"], made.columns["prediction"]
        known = np.isfinite(own)
        same = bool(np.allclose(own[known], told[known], rtol=_CLOSE, atol=_CLOSE))
    if not same:
        raise DataError(
            "the predictions of the run are not those the version was judged by",
            where,
            "make them again: foresell run PROJECT --force",
        )


def _truth(reading: Reading) -> Block | None:
    """Return what came true, as it was handed to `foresell monitor --actuals`; None before that."""
    shown, index = reading.shown, reading.index
    if shown.stamp(_MONITOR, _ACTUALS) is None:
        return None

    def read() -> Block:
        """Lay the truths out."""
        return shown.kept(
            ("explorer", "truth", reading.version.digest),
            shown.stamp(_MONITOR, _ACTUALS),
            lambda: laid(index.grid, shown.frame(_MONITOR, _ACTUALS), [index.spec.target]),
        )

    return tried(reading.troubles, "truth", read, f"{reading.project}/{_MONITOR}/{_ACTUALS}")


def _levels(reading: Reading) -> pl.DataFrame | None:
    """Return the sums of the declared levels; None where the project declares none."""
    if reading.index.spec.hierarchy is None:
        return None
    shown = reading.shown
    file = HIERARCHY if shown.stamp(_FORECAST, HIERARCHY) is not None else REFUSED

    def read() -> pl.DataFrame:
        """Read the sums, and see that all columns are there.

        Raises:
            AbsentError: they were not made yet.
        """
        if shown.stamp(_FORECAST, file) is None:
            raise AbsentError(
                f"there is no {HIERARCHY} yet",
                f"{reading.project}/{_FORECAST}",
                f"foresell run {reading.project}",
            )
        frame = shown.frame(_FORECAST, file)
        return frame.select(
            "level",
            *(name for columns in _declared(reading.index) for name in columns),
            reading.index.spec.time,
            "prediction",
            *quantile_columns(),
            "interval_method",
            "rows",
        )

    return tried(reading.troubles, "levels", read, f"{reading.project}/{_FORECAST}/{file}")


def _declared(index: Index) -> list[list[str]]:
    """Return the columns of all levels, each once."""
    levels = index.spec.hierarchy.levels if index.spec.hierarchy is not None else ()
    return [list(dict.fromkeys(name for columns in levels for name in columns))]
