"""Look into what a run has judged: a slice against the truth, and the folds before the test."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.api.explaining import series_title
from foresell.errors import UsageError, counted, nearest
from foresell.settings import read_settings
from foresell.spec.commands import run_command
from foresell.spec.project import ProjectSpec
from foresell.wiring import runs as wiring

if TYPE_CHECKING:
    from foresell.charts.judged_rows import RowWords

Where = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """One candidate's forecasts of a slice of the test, beside the truth.

    ``rows``, ``by_date`` and ``scores``: see `foresell.evaluate.slices.Slice`. ``baseline``: the
    best baseline of the whole test; ``baseline_scores``: its metrics on the same slice, of which
    ``baseline_wape`` is one. ``title`` names the protocol, ``answers`` the question it answers.
    ``unit`` is that of ``target``. ``keys``: what names a series, or a row of a table; ``time`` is
    empty where a table has no date column, and ``series`` counts the rows of a table.
    """

    project: str
    kind: str
    candidate: str
    champion: str
    protocol: str
    title: str
    answers: str
    target: str
    unit: str
    time: str
    keys: tuple[str, ...]
    series: int
    rows: pl.DataFrame
    by_date: pl.DataFrame
    scores: Mapping[str, float | int | None]
    baseline: str
    baseline_scores: Mapping[str, float | int | None]

    @property
    def baseline_wape(self) -> float | int | None:
        """The best baseline's WAPE on the same slice."""
        return self.baseline_scores["wape"]


def inspect(
    project: str,
    where: Where | None = None,
    *,
    candidate: str | None = None,
    protocol: str | None = None,
    home: str | Path | None = None,
) -> Inspection:
    """Return the judged rows of ``project`` that ``where`` names, beside the truth.

    ``where``: column -> a value or a list of values, as in ``{"Store": 1, "Dept": [7, 8]}``; key
    columns, the date, ``step``, ``holiday`` and the project's segments. ``candidate``: any on the
    leaderboard, by default the protocol's champion. ``protocol``: ``frozen`` (forecast once, at the
    test cutoff) or ``one-step`` (each period from the one before); of a table, ``held-out`` rows or
    ``chronological``, as declared; the first of them by default. Of a table, ``where`` takes key
    columns, groups, the date and features. ``home``: where all state lives.

    A project that was not judged yet, and a candidate, protocol, column or row that is not there,
    are each a UsageError.
    """
    from foresell.evaluate.protocols import protocol as named  # noqa: PLC0415 - heavy
    from foresell.evaluate.slices import take_slice  # noqa: PLC0415 - heavy

    place, spec, test = _judged(project, home)
    way = named(protocol, spec)
    judged = _verdict(test, way.name, place, spec)
    truth = place.output("evaluation").read_frame(f"{way.folder}truth.parquet")
    champion = str(judged.get("champion", test["champion"]))
    baseline = str(judged["best_baseline"]["candidate"])
    chosen = champion if candidate is None else candidate
    conditions = {name: _listed(value) for name, value in (where or {}).items()}
    forecast = _forecast(place, spec, way.folder, chosen)
    own = take_slice(truth, forecast, spec, conditions)
    other = take_slice(truth, _forecast(place, spec, way.folder, baseline), spec, conditions)
    return Inspection(
        project=project,
        kind=spec.kind,
        candidate=chosen,
        champion=champion,
        protocol=way.name,
        title=way.title,
        answers=way.answers,
        target=spec.target,
        unit=spec.unit,
        time=spec.time if spec.timed else "",
        keys=spec.keys if spec.kind == "panel" else _names(forecast),
        series=own.series(spec),
        rows=own.rows,
        by_date=own.by_date,
        scores=own.scores,
        baseline=baseline,
        baseline_scores=other.scores,
    )


def backtest(
    project: str, *, protocol: str | None = None, home: str | Path | None = None
) -> pl.DataFrame:
    """Return the errors of every candidate on the folds that chose the champion, before the test.

    Of a panel they are rolling origins, which weighed the ensembles and calibrated the intervals as
    well. One row a fold and candidate: ``cutoff`` (the last date the fold's models saw),
    ``candidate``, ``kind``, ``chosen``, ``fold``, ``n``, ``abs_error`` (unit of the target),
    ``wape``. By cutoff, least error first. ``fold`` is false where the history was too short for
    any fold: the cutoffs are then those of the residuals that the bands are made of.

    Of a table they are parts of the training rows: ``candidate``, ``kind``, ``chosen``, ``fold``
    (its number), ``n``, ``rmse``, ``mae``, by fold, least RMSE first. ``protocol`` as in `inspect`;
    a panel's folds are the same under both.
    """
    from foresell.evaluate.protocols import protocol as named  # noqa: PLC0415 - heavy

    place, spec, test = _judged(project, home)
    way = named(protocol, spec)
    _verdict(test, way.name, place, spec)
    folder = "" if spec.kind == "panel" else way.folder
    content = place.output("evaluation").read_bytes(f"{folder}backtest.csv")
    numbers = ("abs_error", "wape") if spec.kind == "panel" else ("rmse", "mae")
    types = dict.fromkeys(numbers, pl.Float64)
    return pl.read_csv(content, try_parse_dates=True, schema_overrides=types)


def draw_inspection(found: Inspection, *, png: bool = False) -> bytes:
    """Return a picture of the slice: SVG on a clear ground, or PNG on paper.

    One series with its band, or the sum of several; of a table, each row's truth against its
    prediction.
    """
    from foresell.charts.drawing import render_png, render_svg  # noqa: PLC0415 - heavy
    from foresell.charts.judged import judged_chart  # noqa: PLC0415 - heavy
    from foresell.charts.judged_rows import judged_rows_chart  # noqa: PLC0415 - heavy
    from foresell.charts.theme import PAPER  # noqa: PLC0415 - heavy

    if found.kind == "tabular":
        chart = judged_rows_chart(found.rows, _row_words(found), names=found.keys)
        return render_png({**chart, "background": PAPER}) if png else render_svg(chart).encode()
    rows = found.rows.sort(found.time) if found.series == 1 else found.by_date
    chart = judged_chart(
        rows.rename({found.time: "date"} if found.time != "date" else {}),
        title=f"Forecast and truth: {series_title(found.rows, found.keys)}",
        told=f"{found.candidate}, {found.title[:1].lower()}{found.title[1:]}",
        unit=found.unit,
    )
    return render_png({**chart, "background": PAPER}) if png else render_svg(chart).encode()


def _row_words(found: Inspection) -> "RowWords":
    """Return what is written into a picture of rows of a table."""
    from foresell.charts.judged_rows import RowWords  # noqa: PLC0415 - heavy

    measured = f"{found.target}, {found.unit}" if found.unit else found.target
    return RowWords(
        title=f"{found.project}: truth and prediction of {counted(found.rows.height, 'row')}",
        told=f"{found.candidate}, {found.title.lower()}",
        measured=measured,
    )


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
            f"run it first: {run_command(spec)}",
        )
    test: dict[str, Any] = json.loads(place.output("evaluation").read_bytes("test.json"))
    return place, spec, test


def _verdict(
    test: Mapping[str, Any], protocol: str, place: DirectoryWorkspace, spec: ProjectSpec
) -> Mapping[str, Any]:
    """Return what the last evaluation says of one protocol.

    Raises:
        UsageError: it was made before the project declared this one.
    """
    if protocol not in test["protocols"]:
        raise UsageError(
            f"the project {spec.name!r} has not been judged yet by the split {protocol!r} that it "
            "declares now",
            str(place.root),
            f"run it first: {run_command(spec)}",
        )
    judged: Mapping[str, Any] = test["protocols"][protocol]
    return judged


def _names(forecast: pl.DataFrame) -> tuple[str, ...]:
    """Return what names a row of a table in its file of forecasts: the key, or its place."""
    return tuple(forecast.columns[: forecast.columns.index("row")]) or ("row",)


def _forecast(
    place: DirectoryWorkspace, spec: ProjectSpec, folder: str, candidate: str
) -> pl.DataFrame:
    """Return the judged forecasts of a candidate.

    Raises:
        UsageError: there is none of that name.
    """
    moving = bool(folder) and spec.kind == "panel"  # one step ahead is forecast by `evaluate`
    store = place.output("evaluation" if moving else "predictions")
    inside = f"{folder}predictions/" if moving else folder
    files = [
        name.removeprefix(inside)
        for name in store.list()
        if name.startswith(inside) and name.endswith(".parquet")
    ]
    names = [name.removesuffix(".parquet") for name in files if "/" not in name]
    if candidate not in names:
        raise UsageError(
            f"there is no candidate {candidate!r}", "candidate", nearest(candidate, names)
        )
    return store.read_frame(f"{inside}{candidate}.parquet")


def _listed(value: object) -> Sequence[object]:
    """Return one value or several as several."""
    return list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
