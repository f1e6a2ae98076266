"""Look into what a run has judged: a slice against the truth, and the folds before the test."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.api.explaining import series_title
from foresell.errors import UsageError, nearest
from foresell.settings import read_settings
from foresell.spec.project import ProjectSpec
from foresell.wiring import runs as wiring

Where = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """One candidate's forecasts of a slice of the test window, beside the truth.

    ``rows``, ``by_date`` and ``scores``: see `foresell.evaluate.slices.Slice`. ``baseline``: the
    best baseline of the whole window; ``baseline_wape``: its WAPE on the same slice. ``title``
    names the protocol, ``answers`` the question it answers. ``unit`` is the target's.
    """

    project: str
    candidate: str
    champion: str
    protocol: str
    title: str
    answers: str
    unit: str
    time: str
    keys: tuple[str, ...]
    series: int
    rows: pl.DataFrame
    by_date: pl.DataFrame
    scores: Mapping[str, float | int | None]
    baseline: str
    baseline_wape: float | None


def inspect(
    project: str,
    where: Where | None = None,
    *,
    candidate: str | None = None,
    protocol: str = "frozen",
    home: str | Path | None = None,
) -> Inspection:
    """Return the judged rows of ``project`` that ``where`` names, beside the truth.

    ``where``: column -> a value or a list of values, as in ``{"Store": 1, "Dept": [7, 8]}``; key
    columns, the date, ``step``, ``holiday`` and the project's segments. ``candidate``: any on the
    leaderboard, by default the champion. ``protocol``: ``frozen`` (forecast once, at the test
    cutoff) or ``one-step`` (each period from the one before). ``home``: where all state lives.

    A project that was not judged yet, and a candidate, protocol, column or row that is not there,
    are each a UsageError.
    """
    from foresell.evaluate.protocols import protocol as named  # noqa: PLC0415 - heavy
    from foresell.evaluate.slices import take_slice  # noqa: PLC0415 - heavy

    way = named(protocol)
    place, spec, test = _judged(project, home)
    truth = place.output("evaluation").read_frame(f"{way.folder}truth.parquet")
    chosen = str(test["champion"]) if candidate is None else candidate
    baseline = str(test["protocols"][way.name]["best_baseline"]["candidate"])
    conditions = {name: _listed(value) for name, value in (where or {}).items()}
    own = take_slice(truth, _forecast(place, way.folder, chosen), spec, conditions)
    other = take_slice(truth, _forecast(place, way.folder, baseline), spec, conditions)
    return Inspection(
        project=project,
        candidate=chosen,
        champion=str(test["champion"]),
        protocol=way.name,
        title=way.title,
        answers=way.answers,
        unit=spec.unit,
        time=spec.time,
        keys=spec.keys,
        series=own.series(spec),
        rows=own.rows,
        by_date=own.by_date,
        scores=own.scores,
        baseline=baseline,
        baseline_wape=other.scores["wape"],
    )


def backtest(project: str, *, home: str | Path | None = None) -> pl.DataFrame:
    """Return the errors of every candidate on the rolling-origin folds before the test window.

    These folds chose the champion, weighed the ensembles and calibrated the intervals. One row a
    fold and candidate: ``cutoff`` (the last date the fold's models saw), ``candidate``, ``kind``,
    ``chosen``, ``fold``, ``n``, ``abs_error`` (unit of the target), ``wape``. By cutoff, least
    error first. ``fold`` is false where the history was too short for any fold: the cutoffs are
    then those of the residuals that the bands are made of.
    """
    place, _, _ = _judged(project, home)
    content = place.output("evaluation").read_bytes("backtest.csv")
    types = {"abs_error": pl.Float64, "wape": pl.Float64}
    return pl.read_csv(content, try_parse_dates=True, schema_overrides=types)


def draw_inspection(found: Inspection, *, png: bool = False) -> bytes:
    """Return a picture of the slice: SVG on a clear ground, or PNG on paper.

    One series with its band, or the sum of several.
    """
    from foresell.charts.drawing import render_png, render_svg  # noqa: PLC0415 - heavy
    from foresell.charts.judged import judged_chart  # noqa: PLC0415 - heavy
    from foresell.charts.theme import PAPER  # noqa: PLC0415 - heavy

    rows = found.rows.sort(found.time) if found.series == 1 else found.by_date
    chart = judged_chart(
        rows.rename({found.time: "date"} if found.time != "date" else {}),
        title=f"Forecast and truth: {series_title(found.rows, found.keys)}",
        told=f"{found.candidate}, {found.title[:1].lower()}{found.title[1:]}",
        unit=found.unit,
    )
    return render_png({**chart, "background": PAPER}) if png else render_svg(chart).encode()


def _judged(
    project: str, home: str | Path | None
) -> tuple[DirectoryWorkspace, ProjectSpec, dict[str, Any]]:
    """Return the workspace, the declaration and the verdict of a project that was judged.

    Raises:
        UsageError: its test window was not scored yet.
    """
    settings = read_settings(Path(home) if home is not None else None)
    _, spec = wiring.declaration(project, settings)
    place = wiring.workspace(project, settings)
    if place.record("evaluate") is None:
        raise UsageError(
            f"the project {project!r} has not been judged yet",
            str(place.root),
            f"run it first: foresell run {project}"
            if spec.kind == "panel"
            else "only panel projects are judged so far",
        )
    test: dict[str, Any] = json.loads(place.output("evaluation").read_bytes("test.json"))
    return place, spec, test


def _forecast(place: DirectoryWorkspace, folder: str, candidate: str) -> pl.DataFrame:
    """Return the judged forecasts of a candidate.

    Raises:
        UsageError: there is none of that name.
    """
    store = place.output("evaluation" if folder else "predictions")
    inside = f"{folder}predictions/" if folder else ""
    names = [
        name.removeprefix(inside).removesuffix(".parquet")
        for name in store.list()
        if name.startswith(inside) and name.endswith(".parquet")
    ]
    if candidate not in names:
        raise UsageError(
            f"there is no candidate {candidate!r}", "candidate", nearest(candidate, names)
        )
    return store.read_frame(f"{inside}{candidate}.parquet")


def _listed(value: object) -> Sequence[object]:
    """Return one value or several as several."""
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
