"""report: one self-contained page about the run."""

from datetime import date
from typing import Any, cast

import numpy as np
import polars as pl

from foresell.data.panel import Panel
from foresell.errors import counted
from foresell.evaluate.diagnostics import (
    calibration,
    errors_by_step,
    pick_samples,
    residuals,
    totals,
)
from foresell.evaluate.leaderboard import main_metric
from foresell.evaluate.protocols import FROZEN, ONE_STEP
from foresell.features.calendar import event_grids, period_dates
from foresell.models.coherence import RECONCILED
from foresell.models.learner import NO_FOLD, Learner
from foresell.models.learner_files import read_learner
from foresell.pipeline.fingerprint import digest
from foresell.pipeline.layer import read_files, read_raw_panel, read_split
from foresell.pipeline.told import (
    bundle_digest,
    named_as_told,
    read_added,
    read_board,
    read_gate,
    read_json,
    read_optional,
)
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.report.context import RunFacts, RunReport, Sample, Verdict
from foresell.report.page import report_page
from foresell.report.wording import capitalized, segment_phrase
from foresell.spec.calendar import step
from foresell.spec.forecast import BANDS
from foresell.spec.ports import Store
from foresell.spec.project import ProjectSpec

HIERARCHY, IMPORTANCE = "hierarchy.csv", "importance.csv"  # of ``evaluation``, where made
_SHOWN = 5  # candidates in the charts by segment and step


def run(work: Work) -> None:
    """Write ``report/report.html`` and, as SVG, each of its charts to ``figures/``.

    ``figures/captions.json`` has what each says and shows. The same result gives the same bytes, so
    no clock, no run id.

    Tables that other stages may have left in ``evaluation`` are shown where they are:
    ``hierarchy.csv`` (errors by level), ``importance.csv`` (`foresell.models.importance`).
    """
    project = work.project
    panel = read_raw_panel(work.inputs["processed"], project)
    page = report_page(_context(work, project, panel))
    work.outputs["report"].write_bytes("report.html", page.html.encode())
    for name, picture in page.pictures.items():
        work.outputs["figures"].write_bytes(name, picture.encode())
    work.outputs["figures"].write_bytes("captions.json", json_bytes(page.captions))
    work.note(f"{len(page.html) / 1e6:.2f} MB, {counted(len(page.pictures), 'chart')} as pictures")


def _context(work: Work, project: ProjectSpec, panel: Panel) -> RunReport:
    """Gather what the page is made of."""
    evaluation = work.inputs["evaluation"]
    test = read_json(evaluation, "test.json")
    truth = evaluation.read_frame("truth.parquet")
    board = pl.read_csv(evaluation.read_bytes("leaderboard.csv"))
    champion = str(test["champion"])
    baseline = str(test["verdict"]["comparisons"][-1]["best_baseline"])
    names = [champion, baseline, *board["candidate"].head(_SHOWN).to_list()]
    frames = {name: _forecast(work, name) for name in dict.fromkeys(names)}
    own, other = frames[champion], frames[baseline]
    learner = read_learner(read_files(work.inputs["judged"]))
    shown = totals(truth, own, other, project)
    past = _history(panel, cast("date", shown["date"].min()))
    return RunReport(
        facts=_facts(work, project, test, truth.select(project.keys).n_unique()),
        verdict=Verdict(
            passed=bool(test["verdict"]["passed"]), reasons=tuple(test["verdict"]["reasons"])
        ),
        leaderboard=read_board(evaluation, FROZEN.folder, champion),
        ranked_by=main_metric(project),
        one_step=read_board(evaluation, ONE_STEP.folder, champion),
        data=read_gate(work.inputs["checks"], _answered(work)),
        value_added=read_added(evaluation, champion),
        value_added_by=_parts(evaluation),
        totals=pl.concat([past, shown], how="diagonal_relaxed"),
        samples=_samples(work, project, panel, (own, other)),
        by_step=errors_by_step(truth, frames, project),
        segments=named_as_told(evaluation.read_frame("segments.parquet")).filter(
            pl.col("candidate").is_in(list(frames))
        ),
        calibration=calibration(truth, own, project),
        coverage=_coverage(evaluation, champion),
        residuals=residuals(truth, own, project),
        residual_share_of="the series' mean",
        folds=_folds(learner, panel),
        weights=_weights(learner),
        levels=read_optional(evaluation, HIERARCHY),
        importance=read_optional(evaluation, IMPORTANCE),
        notes=tuple(learner.notes),
        baseline=baseline,
        events=_events(panel, project),
    )


def _parts(evaluation: Store) -> pl.DataFrame:
    """Return the value added part by part; what the parts are called is text, digits or not."""
    content = evaluation.read_bytes("value_added_by.csv")
    return pl.read_csv(content, schema_overrides={"by": pl.String, "value": pl.String})


def _events(panel: Panel, project: ProjectSpec) -> pl.DataFrame:
    """Return ``date``, ``name``: the periods into which the declared events fall, in date order.

    From the first period of the panel to the end of the delivered horizon.
    """
    dates = period_dates(panel.dates, project.frequency, len(panel.dates) + project.horizon)
    marks = [
        {"date": dates[place], "name": grid.name}
        for grid in event_grids(project, dates[0], len(dates))
        for place in np.flatnonzero(grid.inside)
    ]
    return pl.DataFrame(marks, schema={"date": pl.Date, "name": pl.String}).sort("date", "name")


def _folds(learner: Learner, panel: Panel) -> pl.DataFrame:
    """Return the folds' errors by date of their cutoff."""
    dates = pl.DataFrame({"cutoff": range(len(panel.dates)), "date": panel.dates})
    folds = learner.folds.with_columns(pl.col("cutoff").cast(pl.Int64))
    joined = folds.join(dates, on="cutoff", how="left", maintain_order="left")
    fold = pl.lit(NO_FOLD not in learner.notes).alias("fold")
    return joined.select(pl.col("date").alias("cutoff"), "candidate", "wape", fold)


def _weights(learner: Learner) -> pl.DataFrame:
    """Return what the chosen candidate is made of, by bucket; nothing where it is one model."""
    rows: list[dict[str, object]] = []
    chosen = learner.chosen
    if learner.reconciling is not None and chosen == RECONCILED:
        chosen = learner.reconciling.source
    made_of = learner.ensembles.get(chosen, ())
    for i, (last, weights) in enumerate(zip(learner.buckets, made_of, strict=False)):
        first = learner.buckets[i - 1] + 1 if i else 1
        rows += [
            {"bucket": f"{first}-{last}", "member": name, "weight": weight}
            for name, weight in weights.items()
            if weight > 0
        ]
    schema = {"bucket": pl.String, "member": pl.String, "weight": pl.Float64}
    return pl.DataFrame(rows, schema=schema)


def _facts(work: Work, project: ProjectSpec, test: dict[str, Any], series: int) -> RunFacts:
    """Say what was run, on what; ``series`` were judged."""
    split = read_split(work.inputs["splits"])
    manifest, bundle = read_json(work.inputs["manifest"], "manifest.json"), work.inputs["bundle"]
    metadata = read_json(bundle, "metadata.json")
    data = "" if manifest["synthetic"] else " --data DIR"
    preset = "" if work.preset == "default" else f" --preset {work.preset}"
    return RunFacts(
        project=project.name,
        title=project.title,
        synthetic=manifest["synthetic"],
        unit=project.unit,
        target=project.target,
        every="day" if project.frequency == "D" else "week",
        horizon=project.horizon,
        cutoff=split.test_cutoff,
        test_first=split.test_cutoff + step(project.frequency),
        test_last=split.last_observed,
        rows=test["rows"],
        series=series,
        preset=work.preset,
        fingerprint=digest(manifest),
        refit_cutoff=split.last_observed,
        contract_version=metadata["contract_version"],
        contract_sha256=metadata["contract_sha256"],
        result_id=test["result_id"],
        bundle=bundle_digest(work.inputs["bundle"]),
        keys=tuple(project.keys),
        command=f"foresell run {project.name}{data}{preset}",
        versions=metadata["libraries"],
    )


def _answered(work: Work) -> pl.DataFrame:
    """Return how many delivered rows each level answered."""
    answered = work.inputs["forecast"].read_frame("horizon.parquet")
    return (
        answered
        .group_by(pl.col("level_used").alias("level"))
        .agg(pl.len().alias("n"))
        .sort(["n", "level"], descending=[True, False])
    )


def _coverage(evaluation: Store, champion: str) -> pl.DataFrame:
    """Return the coverage of the champion's bands by horizon bucket: bucket, coverage, promised."""
    own = evaluation.read_frame("segments.parquet").filter(
        (pl.col("segment") == "horizon") & (pl.col("candidate") == champion)
    )
    parts = [
        own.select(bucket="value", coverage=f"coverage_{percent}", promised=pl.lit(percent / 100))
        for percent in BANDS
    ]
    return pl.concat(parts).drop_nulls()


def _history(panel: Panel, before: date) -> pl.DataFrame:
    """Return the total of all series by date, before the test."""
    sums = pl.DataFrame({
        "date": pl.Series(list(panel.dates), dtype=pl.Date),
        "y": np.nansum(panel.target, axis=0),
    })
    return sums.filter(pl.col("date") < before)


def _samples(
    work: Work, project: ProjectSpec, panel: Panel, pair: tuple[pl.DataFrame, pl.DataFrame]
) -> tuple[Sample, ...]:
    """Return a dozen series with history, forecast, band and truth."""
    own, other = pair
    cutoff = panel.dates.index(read_split(work.inputs["splits"]).test_cutoff)
    future = work.inputs["forecast"].read_frame("horizon.parquet")
    events = _events(panel, project)
    found = []
    for row, kind in pick_samples(panel, cutoff):
        key = panel.keys[row]
        label = ", ".join(segment_phrase(name, str(key[name][0])) for name in project.keys)
        observed = pl.DataFrame({
            "date": pl.Series(list(panel.dates), dtype=pl.Date),
            "y": panel.target[row],
        }).with_columns(pl.col("y").fill_nan(None))
        judged = _of(own, key, project).join(
            _of(other, key, project).select("date", baseline="prediction"), on="date", how="left"
        )
        found.append(
            Sample(
                label=capitalized(label),
                kind=kind,
                history=_since_first(observed.head(cutoff + 1)),
                test=judged.join(observed, on="date", how="left").sort("date"),
                future=_of(future, key, project).sort("date"),
                events=events,
            )
        )
    return tuple(found)


def _since_first(history: pl.DataFrame) -> pl.DataFrame:
    """Return the rows from the first observation on; a gap stays a gap."""
    return history.filter(pl.col("y").is_not_null().cum_max())


def _of(frame: pl.DataFrame, key: pl.DataFrame, project: ProjectSpec) -> pl.DataFrame:
    """Return the rows of one series, its date column named ``date``."""
    rows = frame.join(key, on=list(project.keys), how="semi")
    return rows.rename({project.time: "date"}) if project.time != "date" else rows


def _forecast(work: Work, name: str) -> pl.DataFrame:
    """Return the judged forecast of a candidate or a baseline."""
    file = f"{name}.parquet"
    models = work.inputs["predictions"]
    place = models if file in models.list() else work.inputs["baselines"]
    return place.read_frame(file)
