"""The log of looks at the data: what each found of every column, oldest first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from foresell.dashboard.monitoring.moments import moment
from foresell.dashboard.reading.shown import Shown
from foresell.errors import DataError
from foresell.spec.monitoring import MonitoringSpec

OUTPUT, LOG = "monitor", "distribution_log.jsonl"
MOST = 60  # looks that are drawn, the last ones
_USUAL = MonitoringSpec()  # the limits of lines from before they were written down
_EXPECTED = "moved, as expected"  # `monitor.drift_words.EXPECTED`


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a look found of a column. ``effect``: times of its limit, None where not known.

    ``state``: see `foresell.charts.watched.STATES`.
    """

    column: str
    part: str
    effect: float | None
    state: str
    says: str

    @property
    def label(self) -> str:
        """What it is called among features."""
        return column_label(self.column, self.part)


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at the data. ``told``: where the rows came from; ``rows``: how many."""

    at: datetime
    version: int
    told: str
    rows: int
    columns: Sequence[Measured]


def column_label(column: str, part: str) -> str:
    """Return what a column is called where features, target and predictions stand together.

    >>> column_label("CPI", "feature"), column_label("Weekly_Sales", "target")
    ('CPI', 'Weekly_Sales (target)')
    """
    return column if part in {"feature", column} else f"{column} ({part})"


def looks_of(shown: Shown, folder: str) -> Sequence[Look]:
    """Return the last looks, oldest first; ``folder`` as in `judged_of`. None is an empty answer.

    A line that was torn when a process was killed is left out.

    A ``DataError``: a line is none of ours.
    """
    file = f"{folder}{LOG}"
    stamp = shown.stamp(OUTPUT, file)
    if stamp is None:
        return ()
    return shown.kept(("looks", file), stamp, lambda: _read(shown, file))


def _read(shown: Shown, file: str) -> Sequence[Look]:
    """Return the looks of a file.

    Raises:
        DataError: a line is none of ours.
    """
    content = shown.content(OUTPUT, file)
    lines = content[: content.rfind(b"\n") + 1].splitlines()[-MOST:]
    try:
        return tuple(_look(json.loads(line)) for line in lines)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{OUTPUT}/{file} holds a line that no look has written",
            f"{shown.name}/{OUTPUT}/{file}",
            "take the line out, or move the file away: the next look begins another",
        ) from error


def _look(told: Mapping[str, Any]) -> Look:
    """Return what one line tells."""
    limits = told.get("limits", {"psi": _USUAL.psi, "ks": _USUAL.ks})
    return Look(
        at=datetime.fromisoformat(told["at"]),
        version=int(told["version"]),
        told=str(told["current"]["told"]),
        rows=int(told["current"]["rows"]),
        columns=tuple(measured(one, limits) for one in told["columns"]),
    )


def measured(one: Mapping[str, Any], limits: Mapping[str, float]) -> Measured:
    """Return what is told of a column in the log or in the summary, as it is shown."""
    effect = effect_of(one, limits)
    verdict = str(one.get("verdict", "drift" if one["drifted"] else "quiet"))
    drifted, trending = bool(one["drifted"]), bool(one.get("trending", verdict == _EXPECTED))
    if drifted:
        state = "expected" if trending else "moved"
    else:
        state = "far" if effect is not None and effect >= 1 else "quiet"
    return Measured(
        column=str(one["name"]),
        part=str(one["part"]),
        effect=effect,
        state=state,
        says=verdict,
    )


def effect_of(one: Mapping[str, Any], limits: Mapping[str, float]) -> float | None:
    """Return how many times its limit a column moved by, the larger of both ways to measure it.

    PSI counts beyond what chance gives; None where a line from before that was written down tells
    of no KS.

    >>> column = {"psi": 0.35, "psi_expected": 0.05, "ks": 0.12}
    >>> round(effect_of(column, {"psi": 0.1, "ks": 0.1}), 3)
    3.0
    """
    found = []
    if one.get("psi_expected") is not None:
        found.append((float(one["psi"]) - float(one["psi_expected"])) / float(limits["psi"]))
    if one["ks"] is not None:
        found.append(float(one["ks"]) / float(limits["ks"]))
    return max(0.0, *found) if found else None


def cells_of(looks: Sequence[Look], order: Sequence[str]) -> pl.DataFrame:
    """Return the looks as `foresell.charts.watched.moves_by_look` draws them.

    ``order``: labels of columns, the first rows; columns that only earlier looks have follow.
    """
    places = {label: place for place, label in enumerate(order)}
    for look in reversed(looks):
        for one in look.columns:
            places.setdefault(one.label, len(places))
    rows = [
        {
            "column": one.label,
            "rank": places[one.label],
            "place": place,
            "effect": one.effect,
            "state": one.state,
            "at": moment(look.at),
            "says": f"{one.says}; {look.told}, version {look.version}",
        }
        for place, look in enumerate(looks)
        for one in look.columns
    ]
    schema = {
        **{"column": pl.String(), "rank": pl.Int64(), "place": pl.Int64(), "effect": pl.Float64()},
        **{"state": pl.String(), "at": pl.String(), "says": pl.String()},
    }
    return pl.DataFrame(rows, schema=schema).sort("rank", "place")


def days_of(looks: Sequence[Look]) -> pl.DataFrame:
    """Return ``place``, ``label`` (its day, or its hour if all are of one day) and ``version``."""
    one_day = len({look.at.date() for look in looks}) == 1
    return pl.DataFrame(
        [
            {
                "place": place,
                "label": f"{look.at:%H:%M}" if one_day else f"{look.at.day} {look.at:%b}",
                "version": look.version,
            }
            for place, look in enumerate(looks)
        ],
        schema={"place": pl.Int64(), "label": pl.String(), "version": pl.Int64()},
    )
