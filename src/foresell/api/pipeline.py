"""The graph of a project: its stages, what is wrong with them, a picture of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foresell.pipeline.graph import STAGES, stages_of
from foresell.pipeline.graph_check import check
from foresell.pipeline.graph_code import check_code
from foresell.pipeline.layers import reduced, stages_before
from foresell.pipeline.reads import known_parameters
from foresell.pipeline.stage_check import Finding
from foresell.pipeline.work import Stage
from foresell.settings import Settings, read_settings
from foresell.spec.directories import DIRECTORIES
from foresell.spec.project import Kind
from foresell.wiring.runs import declaration, declarations, workspace

Done = Literal["never", "done", "failed"]


@dataclass(frozen=True, kw_only=True)
class Graph:
    """The stages of a project in the order in which they run, and how each went the last time.

    ``project`` is empty for the graph of a ``kind``, of which ``last`` knows nothing. ``last``: by
    stage, ``done``, ``failed``, or ``never``; whether it is still up to date, `foresell.status`
    tells.
    """

    project: str
    kind: Kind
    stages: tuple[Stage, ...]
    last: Mapping[str, Done]


@dataclass(frozen=True, kw_only=True)
class CheckedGraph:
    """The graph of one project and what is wrong with it; ``findings`` is empty where it holds."""

    project: str
    kind: Kind
    stages: tuple[Stage, ...]
    findings: tuple[Finding, ...]


def pipeline_stages(project: str, *, home: str | Path | None = None) -> tuple[Stage, ...]:
    """Return the stages of ``project`` in the order in which they run; nothing of them is imported.

    A UsageError: there is no such project. A SpecError: its declaration contradicts itself.

    >>> [stage.name for stage in pipeline_stages("walmart")][:3]
    ['manifest', 'ingest', 'validate']
    """
    return graphs(project, home=home)[0].stages


def graphs(project: str | None = None, *, home: str | Path | None = None) -> tuple[Graph, ...]:
    """Return the graph of ``project``; without one, that of each kind.

    A UsageError: there is no such project. A SpecError: its declaration contradicts itself.
    """
    if project is None:
        return tuple(
            Graph(project="", kind=kind, stages=stages, last={}) for kind, stages in STAGES.items()
        )
    settings = _settings(home)
    _, spec = declaration(project, settings)
    stages = stages_of(spec)
    last = {stage.name: _last(project, stage.name, settings) for stage in stages}
    return (Graph(project=project, kind=spec.kind, stages=stages, last=last),)


def check_pipeline(
    project: str | None = None, *, home: str | Path | None = None
) -> tuple[CheckedGraph, ...]:
    """Check the graph of ``project``, or of every project, without running or importing a stage.

    A UsageError: there is no such project. A SpecError: a declaration contradicts itself.

    >>> [(one.project, one.findings) for one in check_pipeline("retail")]
    [('retail', ())]
    """
    settings = _settings(home)
    names = [project] if project is not None else sorted(declarations(settings))
    return tuple(_checked(name, settings) for name in names)


def draw_pipeline(
    project: str | None = None, *, png: bool = False, home: str | Path | None = None
) -> bytes:
    """Return a picture of the graph of ``project``, as SVG or PNG; without one, that of a panel.

    Arrows lead from a stage to those that need what it makes; one that follows from others is left
    out. The same graph gives the same SVG.

    A UsageError: there is no such project. A SpecError: its declaration contradicts itself.
    """
    import polars as pl  # noqa: PLC0415 - heavy: only to draw

    from foresell.charts.drawing import inline_svg, render_png, standalone_svg  # noqa: PLC0415
    from foresell.charts.pipeline import pipeline_graph  # noqa: PLC0415 - heavy
    from foresell.charts.theme import PAPER  # noqa: PLC0415 - heavy

    graph = graphs(project, home=home)[0]
    boxes = [
        {"name": one.name, "makes": ", ".join(one.makes), "outside": bool(one.looks)}
        for one in graph.stages
    ]
    waits = reduced(stages_before(graph.stages))
    arrows = [{"before": one, "after": name} for name, earlier in waits.items() for one in earlier]
    spec = pipeline_graph(pl.DataFrame(boxes), pl.DataFrame(arrows))
    if png:
        return render_png({**spec, "background": PAPER})
    title = f"The stages of {graph.project or f'a {graph.kind} project'}"
    said = "; ".join(
        f"{name} waits for {', '.join(earlier)}" for name, earlier in waits.items() if earlier
    )
    return standalone_svg(inline_svg(spec, name="pipeline", title=title, text=said)).encode()


def _settings(home: str | Path | None) -> Settings:
    """Return the settings, with an explicit home where one is given."""
    return read_settings(Path(home) if home is not None else None)


def _last(project: str, stage: str, settings: Settings) -> Done:
    """Return how a stage went when it was run the last time."""
    try:
        record = json.loads(workspace(project, settings).record(stage) or b"null")
    except ValueError:
        return "never"
    if not isinstance(record, dict):
        return "never"
    return "done" if record.get("passed") else "failed"


def _checked(name: str, settings: Settings) -> CheckedGraph:
    """Check the graph of one project."""
    _, spec = declaration(name, settings)
    stages = stages_of(spec)
    everywhere = [stage for graph in STAGES.values() for stage in graph]
    findings = check(
        stages,
        parameters=known_parameters(),
        places={output for outputs in DIRECTORIES.values() for output in outputs},
        elsewhere={read for stage in everywhere for read in stage.reads or ()},
    )
    return CheckedGraph(
        project=name,
        kind=spec.kind,
        stages=stages,
        findings=(*findings, *check_code(STAGES[spec.kind])),  # one code, whatever a project omits
    )
