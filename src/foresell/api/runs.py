"""Which projects there are, and a run of one of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import polars as pl

from foresell.adapters.machine import Check
from foresell.adapters.projects import Declaration
from foresell.adapters.workspace import DirectoryWorkspace
from foresell.errors import ForesellError, UsageError, nearest
from foresell.evaluate.protocols import protocols_of
from foresell.pipeline.work import Event, Stage, unheard
from foresell.settings import Settings, read_settings
from foresell.spec.extras import RISK, TRAINING, need
from foresell.spec.modelling import Selection
from foresell.spec.project import Kind, Origin, Preset, ProjectSpec
from foresell.spec.registry import Alias
from foresell.wiring import runs as wiring
from foresell.wiring.agreed import agree, remember
from foresell.wiring.origins import Given, reads
from foresell.wiring.quarantine import refuse_edited
from foresell.wiring.registry import refuse_unusable, registry
from foresell.wiring.tracking import RunTracking, TrackedRun


@dataclass(frozen=True, kw_only=True)
class ProjectSummary:
    """One declared project; ``synthetic`` ones need no data.

    ``frequency`` and ``horizon`` are those of a panel; a tabular project has neither. ``kind`` is
    ``broken`` where the declaration cannot be read; ``title`` then says why. ``reads``: where its
    rows are, of ``files``, ``s3`` and ``postgres``.
    """

    name: str
    title: str
    kind: str
    where: str
    target: str = ""
    frequency: str = ""
    horizon: int | None = None
    synthetic: bool = False
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run left behind.

    ``checks``: what the gate of the contract counted, ``cleaning``: every step that was done to the
    rows, with rows in, rows out and values changed, ``leakage``: columns that tell the target
    away, allowed or excluded; all None when the run stopped before the rows were validated.
    ``leaderboard``: one row a candidate, best first, of the protocol that decides;
    ``protocols``: the leaderboard of every protocol by its title, that one first (a panel: from a
    frozen origin and one step ahead; a tabular project: held-out rows, later rows, or both), and
    ``champions`` what was chosen for each.
    ``value_added``: share of each baseline's error that each candidate takes away. ``verdict``: the
    gate's decision with its reasons. All three are None when the run was asked to stop before the
    test was scored. ``forecast`` is None for a tabular project, which answers rows as they come,
    and when the gate did not pass and no reason (``override``) was given to use the model all the
    same.
    ``run_id`` is this run's alone; ``result_id`` follows from the judged result: runs that found
    the same have the same one. It stands in the report and in the bundle. ``notes``: what training
    could not do as declared, a sentence each. ``unit``: of the target. ``version``: what the bundle
    is in the registry, ``aliases``: the version each points to after the run, ``registration``:
    what came of registering it (`foresell.pipeline.stages.register`); None, and no aliases, where
    the run was asked to stop before. ``tracking``: whether MLflow was told. ``figures``: the folder
    with the report's charts as pictures, ``layer``: that with the rows that passed. ``eda``: the
    page about the training rows. ``risks``: the segments that were gauged, as ``risk.json`` lists
    them; None where the project declares none. ``drift``: what the stage ``monitor`` found, with
    ``available`` false and a ``reason`` where there was nothing to compare. ``quality``: the page
    about how good all of it is.
    """

    project: str
    kind: Kind
    workspace: Path
    checks: dict[str, Any] | None
    leakage: dict[str, Any] | None
    champion: str | None
    passed: bool | None
    verdict: dict[str, Any] | None
    leaderboard: pl.DataFrame | None
    value_added: pl.DataFrame | None
    report: Path | None
    forecast: Path | None
    seconds: dict[str, float]
    override: str | None = None
    cleaning: list[dict[str, Any]] | None = None
    run_id: str = ""
    result_id: str | None = None
    protocols: dict[str, pl.DataFrame] = field(default_factory=dict)
    champions: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unit: str = ""
    version: int | None = None
    aliases: dict[Alias, int | None] = field(default_factory=dict)
    registration: dict[str, Any] | None = None
    tracking: RunTracking = field(default_factory=lambda: RunTracking(state="off"))
    figures: Path | None = None
    layer: Path | None = None
    eda: Path | None = None
    risks: list[dict[str, Any]] | None = None
    drift: dict[str, Any] | None = None
    quality: Path | None = None


def projects() -> list[ProjectSummary]:
    """Return the projects that can be run, by name: yours first, then those foresell ships."""
    settings = read_settings()
    found = []
    for name, folder in wiring.declarations(settings).items():
        try:
            found.append(_summary(*wiring.declaration(name, settings)))
        except ForesellError as error:
            found.append(
                ProjectSummary(name=name, title=error.what, kind="broken", where=str(folder))
            )
    return found


def _summary(texts: Declaration, spec: ProjectSpec) -> ProjectSummary:
    """Return the summary of one declaration."""
    return ProjectSummary(
        name=spec.name,
        title=spec.title,
        kind=spec.kind,
        target=spec.target,
        frequency=spec.frequency if spec.kind == "panel" else "",
        horizon=spec.horizon if spec.kind == "panel" else None,
        synthetic=spec.synthetic is not None,
        where=texts.where,
        reads=reads(spec),
    )


def run(
    project: str,
    *,
    data: str | Path | None = None,
    source: Origin | None = None,
    preset: Preset = "default",
    selection: Selection | None = None,
    until: str | None = None,
    override: str | None = None,
    force: bool = False,
    track: bool | None = None,
    home: str | Path | None = None,
    listen: Callable[[Event], None] = unheard,
) -> RunResult:
    """Run ``project`` from raw files to a judged model; do again only what changed.

    ``data``: folder of the raw files, or ``s3://bucket/prefix``; needed unless they are staged,
    named by the project, or of its own making. ``source``: ``files``, or ``postgres`` for the
    warehouse that DB_* names, instead of what the project file says. ``preset``: effort, ``fast``,
    ``default`` or ``best``. ``selection``: ``baseline``, ``tuned`` or ``both``, instead of what
    preset and project file say. ``until``: the last stage to run. ``override``: the reason for
    using a model that failed the gate; it is written into the bundle. ``force``: do all again,
    changed or not, and register a new version. ``track``: tell MLflow of it or not, by default as
    ``FORESELL_TRACKING`` says; what cannot be told fails nothing: see ``tracking``. ``home``: where
    all state lives, ``FORESELL_HOME`` or ``./workspace`` by default. ``listen`` hears progress.

    What comes out is kept in the registry (`foresell.registry`), and where it is a new version that
    passes the gate, or is used all the same for a reason, staging points to it. Prod does not move.

    Every failure is a ``ForesellError``; a model that fails the gate is not one: see ``passed``. No
    such preset, selection or source, and an empty reason for an override, are each a UsageError.
    """
    refuse_unknown_words(preset=preset, selection=selection, source=source)
    need(TRAINING, "foresell run", "train")
    _refuse_no_reason(override)
    settings = read_settings(Path(home) if home is not None else None)
    texts, spec = wiring.declaration(project, settings)
    stages = _planned(spec, until, settings)
    names = [stage.name for stage in stages]
    place = wiring.workspace(project, settings)
    given = Given(data=data, source=source)
    with place.locked():
        refuse_edited(place, project)
        request = replace(
            wiring.request(project, given, preset, override, settings, selection),
            force=force,
            registry=partial(registry, settings),
            monitor=partial(_monitored, project, settings),
        )
        agree(place, request)
        on = settings.tracked if track is None else track
        with TrackedRun(settings, place, request, texts.where, on) as tracked:
            try:
                runner = wiring.runner(place, tracked.beside(listen))
                runner.run(stages, request)
            finally:
                remember(place, request)
            wiring.keep_facts(place, runner.run_id, names, texts.where)
            tracking = tracked.finish(listen)
    found = _result(spec, place, names, override)
    return replace(found, run_id=runner.run_id, tracking=tracking)


def refuse_unknown_words(
    *, preset: str | None = None, selection: str | None = None, source: str | None = None
) -> None:
    """Refuse a preset, selection or source that there is none of; None is nothing asked.

    Raises:
        UsageError: the nearest word is named.
    """
    for noun, asked, known in (
        ("preset", preset, get_args(Preset)),
        ("selection", selection, get_args(Selection)),
        ("source", source, get_args(Origin)),
    ):
        if asked is not None and asked not in known:
            raise UsageError(f"there is no {noun} {asked!r}", noun, nearest(asked, known))


def _planned(project: ProjectSpec, last: str | None, settings: Settings) -> Sequence[Stage]:
    """Return the stages up to ``last``; refuse what they will need and cannot have.

    A stage that is not there, a registry that cannot be read and a library that is not installed
    are each told before any work.
    """
    from foresell.pipeline.graph import stages_of  # noqa: PLC0415 - heavy: only when it runs
    from foresell.pipeline.runner import until  # noqa: PLC0415

    stages = until(stages_of(project), last)
    names = [stage.name for stage in stages]
    if "register" in names:
        refuse_unusable(settings)
    if "risk" in names:
        need(RISK, f"foresell run {project.name}, the stage risk", "risk")
    return stages


def _monitored(project: str, settings: Settings) -> Mapping[str, bytes]:
    """Return what the stage ``monitor`` writes; see `foresell.wiring.watched.monitored`."""
    from foresell.wiring.watched import monitored  # noqa: PLC0415 - heavy: when a run gets there

    return monitored(project, settings)


def _refuse_no_reason(override: str | None) -> None:
    """Refuse the reason for an override that says nothing, or that no line of text can hold.

    Raises:
        UsageError: it is one.
    """
    if override is None:
        return
    words = " ".join(override.split())
    if not words or not words.isprintable():
        what = "has control characters in it" if words else "is empty"
        raise UsageError(f"the reason {what}", "override", "say why the model is used all the same")


def _result(
    project: ProjectSpec, place: DirectoryWorkspace, stages: Sequence[str], override: str | None
) -> RunResult:
    """Return what the stages that ran have left in the workspace."""
    records = {name: json.loads(place.record(name) or b"{}") for name in stages}
    judged = "evaluate" in stages
    delivered = place.folder("forecast") / "forecast.parquet"
    scores = place.folder("evaluation")

    def told(output: str, name: str) -> Any:
        return json.loads(place.output(output).read_bytes(name))

    test = told("evaluation", "test.json") if judged else {}

    def checked(name: str) -> Any:
        return told("checks", name) if "validate" in stages else None

    kept = told("registration", "registration.json") if "register" in stages else None
    judgements = {
        protocol.title: protocol for protocol in (protocols_of(project) if judged else ())
    }
    return RunResult(
        project=project.name,
        kind=project.kind,
        workspace=place.root,
        checks=checked("checks.json"),
        leakage=checked("leakage.json"),
        cleaning=checked("cleaning.json"),
        champion=test.get("champion"),
        passed=test["verdict"]["passed"] if judged else None,
        verdict=test.get("verdict"),
        leaderboard=_numbers(scores / "leaderboard.csv") if judged else None,
        value_added=_numbers(scores / "value_added.csv") if judged else None,
        report=place.folder("report") / "report.html" if "report" in stages else None,
        figures=place.folder("figures") if "report" in stages else None,
        layer=place.folder("processed") if "validate" in stages else None,
        forecast=delivered if "forecast" in stages and delivered.exists() else None,
        eda=place.folder("eda") / "eda_report.html" if "eda" in stages else None,
        risks=told("segment_risk", "risk.json")["segments"] if "risk" in stages else None,
        drift=_drift(place) if "monitor" in stages else None,
        quality=place.folder("quality") / "quality.html" if "quality" in stages else None,
        override=override,
        result_id=test.get("result_id"),
        unit=project.unit,
        version=kept["version"] if kept else None,
        aliases=kept["aliases"] if kept else {},
        registration=kept,
        notes=tuple(test.get("notes", ())),
        protocols={
            title: _numbers(scores / each.folder / "leaderboard.csv")
            for title, each in judgements.items()
        },
        champions={
            title: str(test["protocols"][each.name]["verdict"]["champion"])
            for title, each in judgements.items()
        },
        seconds={name: record["seconds"] for name, record in records.items()},
    )


def _drift(place: DirectoryWorkspace) -> dict[str, Any]:
    """Return what the stage ``monitor`` found."""
    found = place.output("monitored")
    name = "drift_summary.json" if "drift_summary.json" in found.list() else "monitored.json"
    told = json.loads(found.read_bytes(name))
    return {"available": name == "drift_summary.json", **told}


def _numbers(path: Path) -> pl.DataFrame:
    """Read a table of metrics; a metric nobody could compute is a null number, not a text."""
    words = {"candidate", "baseline", "kind"}
    frame = pl.read_csv(path, infer_schema_length=None, glob=False)
    empty = [name for name in frame.columns if name not in words and not frame[name].count()]
    return frame.with_columns(pl.col(empty).cast(pl.Float64))


def doctor(home: str | Path | None = None) -> list[Check]:
    """Return what this machine and installation have, what they lack, and how to mend it."""
    return list(wiring.doctor(read_settings(Path(home) if home is not None else None)))
