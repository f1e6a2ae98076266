"""train, of a table: learn, choose and calibrate without the test, under each protocol."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from foresell.data.row_splits import RowSplit
from foresell.evaluate.protocols import row_protocols
from foresell.models.effort import TABULAR_EFFORTS
from foresell.pipeline.layer import read_row_splits
from foresell.pipeline.stages.tabular.reading import Table, read_table
from foresell.pipeline.work import Work
from foresell.spec.forecast import quantile_columns

if TYPE_CHECKING:
    from foresell.models.tabular.learner import TabularLearner


def run(work: Work) -> None:
    """Write ``judged/`` (the learner's files) and ``predictions/<candidate>.parquet``.

    Rows of the test are taken away before anything is learnt, so that none of their targets can
    reach a model. Predictions are of the test rows, baselines among them: the contract's key,
    ``row``, ``prediction``, quantiles. Of a second protocol, whose learner is one of its own, both
    lie in ``chronological/``. Beside the delivered one's predictions, ``importance.csv``, ``.json``
    and ``.svg`` say what they are made of on average (`foresell.models.tabular.summary`).
    """
    from foresell.models.tabular.learner import judged_of  # noqa: PLC0415 - imports scikit-learn
    from foresell.models.tabular.learner_files import write_judged  # noqa: PLC0415 - beside it

    table, lines = read_table(work), []
    titles = {each.folder: each.title.lower() for each in row_protocols(work.project)}
    for folder, split in read_row_splits(work.inputs["splits"]).items():
        learner = _learnt(work, table, split, _told(work.note, titles[folder]))
        for name, content in write_judged(judged_of(learner)).items():
            work.outputs["judged"].write_bytes(f"{folder}{name}", content)
        _write_predictions(work, table, folder, table.tested(split), learner)
        if not folder:
            _write_importance(work, table, split, learner)
        count = len(learner.parts) + len(learner.ensembles)
        lines.append(f"{titles[folder]}: {learner.chosen} chosen of {count}")
    work.note("; ".join(lines))


def _told(note: Callable[[str], None], title: str) -> Callable[[str], None]:
    """Return what tells of progress under a protocol."""
    return lambda text: note(f"{title}: {text}")


def _learnt(
    work: Work, table: Table, split: RowSplit, note: Callable[[str], None]
) -> "TabularLearner":
    """Return the learner of one protocol."""
    from foresell.models.tabular.learner import fit_tabular  # noqa: PLC0415 - imports scikit-learn

    effort = TABULAR_EFFORTS[work.preset].selecting(work.selection)
    frame, cut = table.learnt(split)
    return fit_tabular(frame, cut, work.project, table.kinds, effort, note)


def _write_predictions(
    work: Work, table: Table, folder: str, rows: pl.DataFrame, learner: "TabularLearner"
) -> None:
    """Write what everything that answers says of the test rows."""
    from foresell.models.tabular.learner import (  # noqa: PLC0415 - imports scikit-learn
        predict_tabular,
        quantiles_tabular,
    )

    made = predict_tabular(learner, rows)
    quantiles = quantiles_tabular(learner, rows, made)
    for name, said in made.items():
        columns = {"prediction": pl.Series(said)} | {
            column: pl.Series(quantiles[name][:, place])
            for place, column in enumerate(quantile_columns())
        }
        frame = table.answered(rows, columns)
        work.outputs["predictions"].write_frame(f"{folder}{name}.parquet", frame)


def _write_importance(work: Work, table: Table, split: RowSplit, learner: "TabularLearner") -> None:
    """Write what matters to every candidate, at rows of the test."""
    from foresell.models.tabular.contributions import with_means  # noqa: PLC0415 - beside it
    from foresell.models.tabular.plain import plain_learner  # noqa: PLC0415
    from foresell.models.tabular.summary import importance_files  # noqa: PLC0415 - LightGBM

    plain = with_means(plain_learner(learner), table.learnt(split)[0])
    found = importance_files(plain, table.tested(split), work.project, work.note)
    for name, content in found.items():
        work.outputs["predictions"].write_bytes(name, content)
