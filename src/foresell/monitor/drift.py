"""How the distributions of current rows differ from those that a model was trained on."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import polars as pl

from foresell.errors import DataError
from foresell.monitor.clusters import Periods, Timing, periods_of
from foresell.monitor.columns import Bins, Column, ColumnDrift, Drift
from foresell.monitor.drift_words import finding, sentence, verdict
from foresell.monitor.false_alarms import holm
from foresell.monitor.measuring import Measured, measure_category, measure_number
from foresell.spec.monitoring import MonitoringSpec

__all__ = ["Bins", "Column", "ColumnDrift", "Drift", "measure", "to_json"]
_VAST = 1e150  # numbers beyond are taken as this one, so that their differences are finite
_PLAIN = 2.0  # standard deviations of the rows: a shift that anyone would see
_NAMED = 8  # columns, in a sentence
_AT_ONCE = 2  # columns measured side by side; each is the same whatever the others do


def measure(
    reference: pl.DataFrame,
    current: pl.DataFrame,
    columns: Sequence[Column],
    limits: MonitoringSpec,
    *,
    periods: str | Timing | None,
    part: float = 1.0,
) -> Drift:
    """Measure every column; the order of the rows changes nothing.

    ``reference``, ``current``: rows with at least ``columns`` and, where it is named, the column
    ``periods``, by whose values the rows of each side are parted into periods (weeks, days) in
    their order; rows of one period may be alike. A name alone is taken for that of a panel. Nulls
    and NaN are missing values. A column has drifted where its effect is large (PSI beyond what
    chance gives reaches ``limits.psi``, or KS reaches ``limits.ks``) and a quiet period departs as
    far in any of the columns with a chance of ``limits.false_alarms`` at most. Columns in
    ``limits.ignored`` are left out; those in ``limits.trending`` raise no alarm. ``part``: how much
    of that chance these columns have, where other looks share it; the chances told are of all of
    it. A column that is missing on one side is a DataError.
    """
    looked = [
        replace(one, trending=one.trending or one.name in limits.trending)
        for one in columns
        if one.name not in limits.ignored
    ]
    sides = (reference, current)
    timing = Timing(column=periods) if isinstance(periods, str) else periods
    for side, frame in zip(("reference", "current"), sides, strict=True):
        wanted = [one.name for one in looked] + ([timing.column] if timing else [])
        _refuse_missing(frame, wanted, side)
    parted = (periods_of(reference, timing), periods_of(current, timing))
    drift = Drift(
        columns=(),
        findings=(),
        reference_rows=reference.height,
        current_rows=current.height,
        reference_periods=parted[0].count if periods else None,
        current_periods=parted[1].count if periods else None,
    )
    for side, frame in zip(("current", "reference"), reversed(sides), strict=True):
        if frame.height < limits.least_rows:
            least = f"{limits.least_rows} or more are compared"
            return replace(drift, withheld=f"{frame.height:,} {side} rows are too few: {least}")

    def measured(column: Column) -> Measured:
        return _measured(column, sides, parted)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(measured, looked))
    adjusted = [min(1.0, one / part) for one in holm([one.p_value for one in found])]
    judged = [
        replace(
            _judged(column, one, chance, limits, sides),
            least_shift=_least_shift(one, limits.false_alarms * part / len(looked)),
        )
        for column, one, chance in zip(looked, found, adjusted, strict=True)
    ]
    weeks = min(parted[0].count, parted[1].count) if periods else None
    judged = [
        replace(one, verdict=verdict(one, _effect(one, limits), limits.false_alarms, weeks))
        for one in judged
    ]
    ranked = sorted(
        judged, key=lambda one: (not one.drifted, -_effect(one, limits), one.column.name)
    )
    findings = sorted(
        (finding(one) for one in ranked if one.drifted), key=lambda told: told.weight != "alarm"
    )
    return replace(
        drift,
        columns=tuple(ranked),
        findings=tuple(findings),
        caution=_caution(ranked, found, looked, parted),
    )


def to_json(drift: Drift) -> Mapping[str, Any]:
    """Return ``drift`` as plain values without NaN: counts, columns worst first, findings."""
    told = asdict(drift)
    told["alarmed"] = drift.alarmed
    told["columns"] = [
        {**asdict(one.column), **{k: v for k, v in asdict(one).items() if k != "column"}}
        for one in drift.columns
    ]
    told["findings"] = [asdict(one) for one in drift.findings]
    return told


def _refuse_missing(frame: pl.DataFrame, names: Sequence[str], side: str) -> None:
    """Refuse rows without a column that is to be compared.

    Raises:
        DataError: one is missing.
    """
    if missing := [name for name in names if name not in frame.columns]:
        raise DataError(
            f"the {side} rows have no column {', '.join(map(repr, missing))}",
            f"columns {', '.join(frame.columns) or '(none)'}",
            "compare columns that both sides have; changes of the schema are told apart",
        )


def _measured(
    column: Column, sides: tuple[pl.DataFrame, pl.DataFrame], parted: tuple[Periods, Periods]
) -> Measured:
    """Return what is measured of a column."""
    old, new = (_values(frame[column.name], column) for frame in sides)
    measures = measure_category if column.kind == "category" else measure_number
    measured = measures(old, new, *parted)
    if column.shown or column.kind == "number":
        return measured
    labels = measured.bins.labels
    hidden = tuple(f"level {place + 1}" for place in range(len(labels) - 3))
    return replace(measured, unseen=(), bins=replace(measured.bins, labels=hidden + labels[-3:]))


def _values(values: pl.Series, column: Column) -> pl.Series:
    """Return the values as they are compared: texts, or floats without NaN."""
    if column.kind == "category":
        return values.cast(pl.String)
    numbers = values.to_physical() if values.dtype.is_temporal() else values
    return numbers.cast(pl.Float64).fill_nan(None).clip(-_VAST, _VAST).rechunk()


def _judged(
    column: Column,
    measured: Measured,
    adjusted: float,
    limits: MonitoringSpec,
    sides: tuple[pl.DataFrame, pl.DataFrame],
) -> ColumnDrift:
    """Return what was measured of a column, with the verdict on it and the sentence."""
    missing = measured.bins.reference[-1], measured.bins.current[-1]
    one = ColumnDrift(
        column=column,
        reference_rows=sides[0].height,
        current_rows=sides[1].height,
        reference_missing=missing[0],
        current_missing=missing[1],
        psi=measured.psi,
        psi_expected=measured.psi_expected,
        ks=measured.ks,
        ks_p_value=measured.ks_p_value,
        p_value=measured.p_value,
        adjusted=adjusted,
        design=measured.design,
        reference_middle=measured.reference_middle,
        current_middle=measured.current_middle,
        unseen_share=measured.unseen_share,
        unseen=measured.unseen,
        bins=measured.bins,
        drifted=False,
        says="",
    )
    drifted = _effect(one, limits) >= 1 and adjusted <= limits.false_alarms
    return replace(one, drifted=drifted, says=sentence(one))


def _least_shift(one: Measured, chance: float) -> float | None:
    """Return the least shift that would be significant in a column that is looked at alone."""
    return None if one.room is None else one.room.least(chance * one.weight)


def _caution(
    ranked: Sequence[ColumnDrift],
    found: Sequence[Measured],
    looked: Sequence[Column],
    parted: tuple[Periods, Periods],
) -> str:
    """Return in which columns a shift that anyone would see can be chance, else nothing."""
    rooms = {column.name: one for column, one in zip(looked, found, strict=True) if one.room}
    blind = [
        one
        for one in sorted(ranked, key=lambda one: one.column.name)
        if (held := rooms.get(one.column.name)) is not None
        and not (one.drifted or one.column.trending)
        and _hides(one.least_shift, held)
    ]
    if not blind:
        return ""
    names = ", ".join(one.column.name for one in blind[:_NAMED])
    rest = f" and {len(blind) - _NAMED} more" if len(blind) > _NAMED else ""
    least = [one.least_shift or np.inf for one in blind]
    low, high = (f"{far:g}" if far < np.inf else "20" for far in (min(least), max(least)))
    times = low if low == high else f"{low} to {high}"
    return (
        f"too few periods to tell ({parted[1].count} now, {parted[0].count} before): nothing short "
        f"of a shift of {times} times what periods differ by would alarm in {names}{rest}"
    )


def _hides(least: float | None, held: Measured) -> bool:
    """Tell whether a shift of the values by two standard deviations of the rows raises no alarm."""
    usual = held.room.usual if held.room else 0.0
    return usual > 0 and (least is None or least * usual > _PLAIN * held.spread)


def _effect(one: ColumnDrift, limits: MonitoringSpec) -> float:
    """Return how many times its limit the larger effect is."""
    return max((one.psi - one.psi_expected) / limits.psi, (one.ks or 0.0) / limits.ks)
