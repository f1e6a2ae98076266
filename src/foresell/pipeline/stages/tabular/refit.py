"""refit, of a table: the judged recipe refitted on every row, packed with its proof as a bundle.

Every candidate and ensemble becomes an ONNX graph from raw columns to the target, compared with its
scikit-learn Pipeline before anything is written: one that says something else fails the stage.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from foresell.bundle.bundle import Bundle, write_bundle
from foresell.contracts.contract import Contract
from foresell.models.tabular.learner_files import read_judged
from foresell.pipeline.evidence import evidence, feature_facts, judged_rows
from foresell.pipeline.layer import read_files
from foresell.pipeline.stages.tabular.reading import Table, read_table
from foresell.pipeline.work import Work
from foresell.spec.project import ProjectSpec

if TYPE_CHECKING:
    from foresell.models.tabular.learner import TabularLearner

_KEPT = 50_000  # rows: shares of them are exact to a quarter of a percent; some 2 MB


def run(work: Work) -> None:
    """Write ``bundle/``; scores, intervals and weights of ensembles are the judged model's."""
    from foresell.models.tabular.artifacts import artifact_files  # noqa: PLC0415 - scikit-learn
    from foresell.models.tabular.learner import refit_tabular  # noqa: PLC0415 - scikit-learn

    project, table = work.project, read_table(work)
    judged = read_files(work.inputs["judged"])
    final = refit_tabular(read_judged(judged), table.frame, project, table.kinds, work.note)
    count = len(final.parts) + len(final.ensembles)
    work.note(f"writing {count} ONNX graphs and comparing them with their pipelines")
    known = table.frame.filter(pl.col(project.target).is_not_null())
    files = artifact_files(final, known.select(project.with_role("feature")), project.seed)
    texts = work.declarations
    kept = snapshot(table.frame, project)
    bundle = Bundle(
        metadata={
            **_metadata(work, table, final),
            "snapshot": {"rows": kept.height, "of": known.height},
        },
        project_text=texts["project.yaml"],
        contract_text=texts["contract.yaml"],
        model={**files, "learner.json": judged["learner.json"]},
        history=pl.DataFrame(),
        asked=pl.DataFrame(),
        judged=judged_rows(work, final.chosen),
        snapshot=kept,
    )
    identity = write_bundle(bundle, work.outputs["bundle"])
    size = sum(map(len, files.values())) / 1e6
    work.note(f"bundle {identity[:12]}, learnt from {known.height:,} rows, {size:.1f} MB")


def _metadata(work: Work, table: Table, final: "TabularLearner") -> dict[str, object]:
    """Return what the bundle says of itself."""
    project, contract = work.project, work.contract
    found = evidence(work)
    return {
        **found,
        "champion": final.chosen,
        "features": feature_facts(project.with_role("feature"), project, contract),
        "derived": [
            {"name": column.name, "of": list(column.of), "how": column.how}
            for column in final.deriver.columns
        ],
        "parameters": {name: dict(values) for name, values in final.settings.items()},
        "relative_to": list(final.deriver.relative_to),
        "rows": table.frame[project.target].count(),
        "intervals": {
            "method": final.interval_method,
            "scores": _interval_scores(found["scores"]),
        },
        "input_example": input_example(table.frame, project, contract),
    }


def snapshot(frame: pl.DataFrame, project: ProjectSpec, most: int = _KEPT) -> pl.DataFrame:
    """Return what a bundle keeps of the rows with a target, ``most`` at most.

    Drawn without replacement by the project's seed; the order of ``frame`` changes nothing. Its
    columns: the features, the time where there is one, the target, in the types of the layer.

    >>> from foresell.spec.reading import parse_project
    >>> flats = parse_project(
    ...     "{name: flats, title: Rents, kind: tabular, tables: [{name: flats, file: flats.csv}], "
    ...     "columns: {id: key, size: feature, rent: target}, split: {test_share: 0.2}}",
    ...     "project.yaml",
    ... )
    >>> rows = pl.DataFrame({"id": [1, 2, 3], "size": [50, 40, 60], "rent": [500.0, 410.0, None]})
    >>> snapshot(rows, flats).rows()
    [(40, 410.0), (50, 500.0)]
    """
    names = project.with_role("feature", "time", "target")
    known = frame.select(names).filter(pl.col(project.target).is_not_null())
    rows = known.sort(names, nulls_last=True)
    if rows.height <= most:
        return rows
    drawn = np.random.default_rng(project.seed).choice(rows.height, most, replace=False)
    return rows[np.sort(drawn)]


def _interval_scores(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the champion's scores that are about its intervals."""
    return {name: value for name, value in scores.items() if name.startswith(("coverage", "width"))}


def input_example(
    frame: pl.DataFrame, project: ProjectSpec, contract: Contract
) -> dict[str, object]:
    """Return one row that may be asked for, by feature, each value as it is in JSON.

    The contract's own examples where every feature has one; otherwise the row of ``frame`` with the
    middle target, of those that lack nothing if there are any. Nothing personal is among them: no
    layer holds it.
    """
    names = project.with_role("feature")
    examples = {name: contract.columns[name].examples for name in names}
    if all(examples.values()):
        return {name: values[0] for name, values in examples.items()}
    known = frame.filter(pl.col(project.target).is_not_null())
    whole = known.drop_nulls(names)
    rows = (whole if whole.height else known).sort(project.target, *names, nulls_last=True)
    row: dict[str, object] = rows.select(names).row(rows.height // 2, named=True)
    return row
