"""The graph as files of Airflow: DAGs whose tasks only call ``foresell``."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.resources import files

from foresell.errors import SpecError, UsageError, nearest
from foresell.pipeline.graph import stages_of
from foresell.pipeline.work import Stage
from foresell.spec.project import ProjectSpec

WEEKLY: Mapping[str, str] = {"retail": "sales_forecast_training"}  # the DAG, by project
TRAINED = ("retail", "walmart")  # whose DAGs of training stand in deploy/airflow/dags

_TEMPLATES = files("foresell.pipeline.export") / "templates"
_MARK = re.compile(r"<<(\w+)>>")
_WIDE = 100  # characters of a line
_MINUTES: Mapping[str, int] = {"train": 360, "refit": 120}
_USUAL = 60  # minutes that any other stage may take

# What was served until now is looked at before anything is promoted: monitor stands with register.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "extract": ("manifest", "ingest"),
    "validate": ("validate", "split"),
    "train": ("features", "baselines", "train"),
    "evaluate": ("evaluate", "refit"),
    "register": ("register", "monitor"),
    "report": ("eda", "forecast", "report", "risk", "quality"),
}
_BEFORE: Mapping[str, tuple[str, ...]] = {"validate": ("sample",)}
_SKIPPED = ("register",)  # and what needs it, where registration is not asked for
_MORE: Mapping[str, str] = {"evaluate": " --fail-on gate"}  # words of a stage's command

# Each DAG of a chain: what it does, when (or the outputs it waits for), and its stages.
_INGESTION = ("manifest", "ingest", "validate")
_FEATURES = ("split", "eda", "features", "baselines")
_SATURDAY = "0 6 * * 6"  # a week that ends on Friday is over
_WAITS: Mapping[str, tuple[str, ...]] = {
    "ingestion": (),
    "features": ("processed",),
    "training": ("features", "baselines"),
}
_SAYS: Mapping[str, str] = {
    "ingestion": "Read the raw files of {}, and check their rows against the contract.",
    "features": "Cut the checked rows of {}, describe them, derive what models learn from.",
    "training": "Train, judge, register and report {} when what it learns from was looked at.",
}


def dag_files(
    declared: Sequence[ProjectSpec], trained: Collection[str] = TRAINED
) -> Mapping[str, str]:
    """Return the text of every DAG file by its name, in the order of names.

    ``declared``: all projects; ``drift_monitor`` looks at each. ``trained``: names of those that
    also get DAGs that train them: one with runs of their own for those in ``WEEKLY``, for any other
    a chain of three that wait for each other's assets. The same projects give the same text.
    A ``SpecError``: a stage of the graph would stand in no DAG.

    Raises:
        UsageError: one that is to be trained is not declared, or has no chain.
    """
    known = {project.name: project for project in declared}
    texts = {"drift_monitor.py": _drift(sorted(known))}
    for name in trained:
        if name not in known:
            raise UsageError(f"there is no project {name!r}", "airflow", nearest(name, known))
        project = known[name]
        stages = stages_of(project)
        if name in WEEKLY:
            _refuse_unplaced(name, stages, _GROUPS)
            texts[f"{WEEKLY[name]}.py"] = _weekly(project, stages)
        elif project.kind == "panel":
            texts |= _chain(name, stages)
        else:
            raise UsageError(
                f"{name} is a table, and only panels have DAGs that train them",
                "airflow",
                f"train it when its rows are new: foresell retrain {name}",
            )
    return dict(sorted(texts.items()))


def _drift(projects: Sequence[str]) -> str:
    """Return the DAG that looks at every project."""
    return _filled(
        "drift",
        projects=_lines(f'    "{name}",' for name in projects),
        finding="AlertStands",
        of="task.task_id",
        unless="    if isinstance(why, AlertStands):\n        return\n",
    )


def _weekly(project: ProjectSpec, stages: Sequence[Stage]) -> str:
    """Return the DAG of a project that is trained on files drawn up for each run."""
    own = {stage.name: stage for stage in stages}
    within = {
        group: _lines(
            " " * 8 + _call(own[name], ", only=ASKED" if name in _SKIPPED else "")
            for name in names
            if name in own
        )
        for group, names in _GROUPS.items()
    }
    waits = _waits(stages)
    del waits["manifest"]  # it waits for the files, as the sample does
    waits["validate"] = (*waits["validate"], "sample")
    waits["promote"] = ("register", "monitor")
    return _filled(
        "training",
        **within,
        project=project.name,
        dag=WEEKLY[project.name],
        data="""\n        ' --data "$FORESELL_HOME/_runs/$RUN/raw"'""",
        order=_order(waits),
        done=_listed("done = ", ("sample", *own, "promote")),
    )


def _chain(project: str, stages: Sequence[Stage]) -> Mapping[str, str]:
    """Return the three DAGs of a panel, each of which waits for what the one before makes."""
    placed = {
        "ingestion": [stage for stage in stages if stage.name in _INGESTION],
        "features": [stage for stage in stages if stage.name in _FEATURES],
        "training": [stage for stage in stages if stage.name not in _INGESTION + _FEATURES],
    }
    return {
        f"{project}_{part}.py": _part(project, part, members) for part, members in placed.items()
    }


def _part(project: str, part: str, stages: Sequence[Stage]) -> str:
    """Return one DAG of a chain."""
    awaited = {output for outputs in _WAITS.values() for output in outputs}
    made = [output for stage in stages for output in stage.makes if output in awaited]
    schedule = ", ".join(output.upper() for output in _WAITS[part])
    return _filled(
        "chain",
        project=project,
        dag=f"{project}_{part}",
        says=_SAYS[part].format(project),
        schedule=f"[{schedule}]" if schedule else f'"{_SATURDAY}"',
        assets=_lines(_asset(project, output) for output in (*_WAITS[part], *made)),
        data="",
        tasks=_lines("    " + _call(stage, _outlets(stage, made)) for stage in stages),
        order=_order(_waits(stages)),
        done=_listed("done = ", [stage.name for stage in stages]),
    )


def _asset(project: str, output: str) -> str:
    """Return the line that names an output as an asset."""
    address = f'"{project}_{output}", uri="foresell://{project}/{output}"'
    return f"{output.upper()} = Asset({address})"


def _outlets(stage: Stage, made: Collection[str]) -> str:
    """Return what a task says of the assets its stage makes."""
    outputs = ", ".join(output.upper() for output in stage.makes if output in made)
    return f", outlets=[{outputs}]" if outputs else ""


def _call(stage: Stage, more: str) -> str:
    """Return the line that makes the task of a stage."""
    words = f', more="{_MORE[stage.name]}"' if stage.name in _MORE else ""
    return f'{stage.name} = stage("{stage.name}", {_MINUTES.get(stage.name, _USUAL)}{words}{more})'


def _waits(stages: Sequence[Stage]) -> dict[str, tuple[str, ...]]:
    """Return, by stage, those of ``stages`` that make what it reads, in their order."""
    return {
        stage.name: tuple(
            maker.name for maker in stages if not set(maker.makes).isdisjoint(stage.needs)
        )
        for stage in stages
    }


def _order(waits: Mapping[str, Sequence[str]]) -> str:
    """Return a line for each task that waits for others."""
    return _lines(
        f"    {before[0]} >> {name}"
        if len(before) == 1
        else "    " + _listed("", before, f" >> {name}")
        for name, before in waits.items()
        if before
    )


def _listed(head: str, names: Sequence[str], tail: str = "") -> str:
    """Return a list of names as Python, one a line where it is too long for one."""
    short = f"{head}[{', '.join(names)}]{tail}"
    if len(short) + 4 <= _WIDE:
        return short
    return _lines((f"{head}[", *(f"        {name}," for name in names), f"    ]{tail}"))


def _lines(lines: Iterable[str]) -> str:
    """Return lines as one text."""
    return "\n".join(lines)


def _filled(name: str, **words: str) -> str:
    """Return a template with its marks, and those of the parts it names, filled in."""
    words = {"finding": "AirflowFailException", "of": "PROJECT", "unless": "", **words}

    def word(mark: re.Match[str]) -> str:
        key = mark[1]
        return words[key] if key in words else _MARK.sub(word, _template(key))

    return _MARK.sub(word, _template(name)) + "\n"


def _template(name: str) -> str:
    """Return the text of a template."""
    return (_TEMPLATES / f"{name}.txt").read_text("utf-8").strip("\n")


def _refuse_unplaced(
    project: str, stages: Sequence[Stage], groups: Mapping[str, Sequence[str]]
) -> None:
    """Refuse a graph with a stage that no group holds: it would never be done.

    Raises:
        SpecError: there is one.
    """
    placed = {name for names in groups.values() for name in names}
    if lost := [stage.name for stage in stages if stage.name not in placed]:
        raise SpecError(
            f"no group of tasks holds {', '.join(lost)}",
            f"the DAG of {project}",
            "name the stage in foresell.pipeline.export.airflow, in the group it belongs to",
        )
