"""What a run left behind, read from the workspace."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from foresell.adapters.workspace import DirectoryWorkspace
from foresell.evaluate.protocols import protocols_of
from foresell.pipeline.records import told_by
from foresell.spec.project import Kind
from foresell.spec.registry import Alias
from foresell.wiring.tracking_result import RunTracking

if TYPE_CHECKING:
    import polars as pl

    from foresell.wiring.prepared import Prepared
    from foresell.wiring.unchanged import Unchanged


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
    about how good all of it is. ``stages``: by stage, whether this run has ``done`` it, or ``kept``
    it because nothing had changed.
    """

    project: str
    kind: Kind
    workspace: Path
    checks: dict[str, Any] | None
    leakage: dict[str, Any] | None
    champion: str | None
    passed: bool | None
    verdict: dict[str, Any] | None
    leaderboard: "pl.DataFrame | None"
    value_added: "pl.DataFrame | None"
    report: Path | None
    forecast: Path | None
    seconds: dict[str, float]
    override: str | None = None
    cleaning: list[dict[str, Any]] | None = None
    run_id: str = ""
    result_id: str | None = None
    protocols: "dict[str, pl.DataFrame]" = field(default_factory=dict)
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
    stages: dict[str, Literal["done", "kept"]] = field(default_factory=dict)


def result_of(one: "Prepared | Unchanged", tracking: RunTracking) -> RunResult:
    """Return what a run that came to its end has left in the workspace."""
    project, place = one.project, one.place
    run_id, override = one.runner.run_id, one.asked.override
    stages = [stage.name for stage in one.stages]
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
    if kept is not None:
        kept = told_by(run_id, kept, records["register"])
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
        run_id=run_id,
        tracking=tracking,
        stages={
            name: "done" if record["run_id"] == run_id else "kept"
            for name, record in records.items()
        },
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


def _numbers(path: Path) -> "pl.DataFrame":
    """Read a table of metrics; a metric nobody could compute is a null number, not a text."""
    import polars as pl  # noqa: PLC0415 - heavy: only for runs that were judged

    words = {"candidate", "baseline", "kind"}
    frame = pl.read_csv(path, infer_schema_length=None, glob=False)
    empty = [name for name in frame.columns if name not in words and not frame[name].count()]
    return frame.with_columns(pl.col(empty).cast(pl.Float64))
