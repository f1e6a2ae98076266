"""The stages of a project, in order: the one graph every runner walks."""

from collections.abc import Mapping
from dataclasses import replace

from foresell.pipeline.reads import READS
from foresell.pipeline.work import Plot, Stage
from foresell.spec.project import Kind, ProjectSpec

_OWN, _TABULAR = "foresell.pipeline.stages", "foresell.pipeline.stages.tabular"

_DATA: tuple[Stage, ...] = (
    Stage(
        name="manifest",
        run=f"{_OWN}.manifest:run",
        needs=(),
        makes=("manifest", "sources"),
        says="what raw files there are",
        always=True,
        looks=("source",),
    ),
    Stage(
        name="ingest",
        run=f"{_OWN}.ingest:run",
        needs=("manifest",),
        makes=("landing", "asked"),
        says="raw files into one typed table",
    ),
    Stage(
        name="validate",
        run=f"{_OWN}.validate:run",
        needs=("landing", "repairs"),
        makes=("processed", "quarantine", "checks"),
        gated=("processed",),
        by_hand=("repairs",),
        says="rows against the contract",
    ),
    Stage(
        name="split",
        run=f"{_OWN}.split:run",
        needs=("processed",),
        makes=("splits",),
        says="where time or rows are cut",
    ),
)
_EDA = Stage(
    name="eda",
    run=f"{_OWN}.eda:run",
    needs=("manifest", "processed", "splits"),
    makes=("eda",),
    says="what the training rows hold",
)
_REGISTER = Stage(
    name="register",
    run=f"{_OWN}.register:run",
    needs=("bundle",),
    makes=("registration", "registered"),
    says="a version in the registry, staging points to it",
    always=True,
    looks=("registry",),
)
_RISK = Stage(
    name="risk",
    run=f"{_OWN}.risk:run",
    needs=("processed",),
    makes=("segment_risk",),
    says="the declared segments, gauged by month",
    metrics=("segment_risk/metrics.json",),
)
_MONITOR = Stage(
    name="monitor",
    run=f"{_OWN}.monitor:run",
    needs=("bundle", "registered", "processed"),
    makes=("monitored",),
    says="whether the data moved away",
    always=True,
    looks=("served",),
)
_QUALITY = Stage(
    name="quality",
    run=f"{_OWN}.quality:run",
    needs=("evaluation", "bundle", "registered", "eda", "segment_risk", "monitored"),
    makes=("quality",),
    says="how good it is, each number with its file",
)
_PANEL: tuple[Stage, ...] = (
    *_DATA,
    replace(
        _EDA,
        run=f"{_OWN}.eda:run_panel",
        needs=("manifest", "asked", "processed", "splits"),
        plots=(
            Plot(
                file="eda/tables/totals.csv",
                x="date",
                y="y",
                title="Sum of the training rows, by period",
            ),
        ),
    ),
    Stage(
        name="features",
        run=f"{_OWN}.features:run",
        needs=("processed", "splits"),
        makes=("features",),
        says="what is known at each origin",
    ),
    Stage(
        name="baselines",
        run=f"{_OWN}.baselines:run",
        needs=("processed", "splits"),
        makes=("baselines",),
        says="forecasts anybody could make",
    ),
    Stage(
        name="train",
        run=f"{_OWN}.train:run",
        needs=("processed", "splits", "features"),
        makes=("judged", "predictions"),
        says="learn, choose and calibrate before the test",
    ),
    Stage(
        name="evaluate",
        run=f"{_OWN}.evaluate:run",
        needs=("processed", "splits", "baselines", "judged", "predictions"),
        makes=("evaluation",),
        says="the test, scored once",
        metrics=("evaluation/metrics.json",),
        plots=(
            Plot(
                file="evaluation/leaderboard.csv",
                x="wape",
                y="candidate",
                title="Error of the test, by candidate",
            ),
            Plot(
                file="evaluation/hierarchy.csv",
                x="wape",
                y="level",
                title="Error of the sums, by level",
            ),
        ),
    ),
    Stage(
        name="refit",
        run=f"{_OWN}.refit:run",
        needs=(
            "manifest",
            "asked",
            "processed",
            "splits",
            "features",
            "judged",
            "predictions",
            "evaluation",
        ),
        makes=("bundle",),
        says="refit on every row, packed as a bundle",
    ),
    _REGISTER,
    Stage(
        name="forecast",
        run=f"{_OWN}.forecast:run",
        needs=("bundle",),
        makes=("forecast",),
        says="the rows that were asked for",
    ),
    Stage(
        name="report",
        run=f"{_OWN}.report:run",
        needs=(
            "manifest",
            "checks",
            "processed",
            "splits",
            "baselines",
            "judged",
            "predictions",
            "evaluation",
            "bundle",
            "forecast",
        ),
        makes=("report", "figures"),
        says="one page to look at",
    ),
    _RISK,
    _MONITOR,
    _QUALITY,
)
_TABLE: tuple[Stage, ...] = (
    *_DATA,
    _EDA,
    Stage(
        name="baselines",
        run=f"{_TABULAR}.baselines:run",
        needs=("processed", "splits"),
        makes=("baselines",),
        says="answers anybody could give",
    ),
    Stage(
        name="train",
        run=f"{_TABULAR}.train:run",
        needs=("processed", "splits"),
        makes=("judged", "predictions"),
        says="learn, choose and calibrate without the test",
    ),
    Stage(
        name="evaluate",
        run=f"{_TABULAR}.evaluate:run",
        needs=("processed", "splits", "judged", "predictions"),
        makes=("evaluation",),
        says="the test, scored once",
        metrics=("evaluation/metrics.json",),
        plots=(
            Plot(
                file="evaluation/leaderboard.csv",
                x="rmse",
                y="candidate",
                title="Error of the test, by candidate",
            ),
            Plot(
                file="evaluation/calibration.csv",
                x="prediction",
                y="y",
                title="Mean of the truth over the mean prediction",
            ),
        ),
    ),
    Stage(
        name="refit",
        run=f"{_TABULAR}.refit:run",
        needs=("manifest", "processed", "splits", "judged", "predictions", "evaluation"),
        makes=("bundle",),
        says="refit on every row, packed as a bundle",
    ),
    _REGISTER,
    Stage(
        name="report",
        run=f"{_TABULAR}.report:run",
        needs=(
            "manifest",
            "checks",
            "splits",
            "judged",
            "predictions",
            "evaluation",
            "bundle",
        ),
        makes=("report", "figures"),
        says="one page to look at",
    ),
    _RISK,
    _MONITOR,
    _QUALITY,
)


def _declared(kind: Kind, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return ``stages`` with what each may read in a project of ``kind``."""
    return tuple(replace(stage, reads=READS[kind][stage.name]) for stage in stages)


PANEL_STAGES = _declared("panel", _PANEL)
TABULAR_STAGES = _declared("tabular", _TABLE)
STAGES: Mapping[Kind, tuple[Stage, ...]] = {"panel": PANEL_STAGES, "tabular": TABULAR_STAGES}


def stages_of(project: ProjectSpec) -> tuple[Stage, ...]:
    """Return the stages of one project: those of its kind; ``risk`` where segments are declared."""
    stages = STAGES[project.kind]
    if project.risk is not None:
        return stages
    return tuple(
        replace(stage, needs=tuple(name for name in stage.needs if name not in _RISK.makes))
        for stage in stages
        if stage.name != _RISK.name
    )
