"""What the stages of a table read alike: its rows, what names them, the type of each column."""

from dataclasses import dataclass

import polars as pl

from foresell.contracts.contract import LogicalType
from foresell.data.row_splits import RowSplit
from foresell.data.row_weights import row_weights
from foresell.evaluate.row_truth import ROW
from foresell.pipeline.layer import learning_columns, read_layer
from foresell.pipeline.work import Work


@dataclass(frozen=True, kw_only=True)
class Table:
    """The processed rows of a tabular project, in the order of the layer.

    ``frame``: the contract's key, the columns that models may see, and `ROW`, the place of a row in
    the layer. ``key``: the columns of the contract's key. ``kinds``: the type of every feature.
    """

    frame: pl.DataFrame
    key: tuple[str, ...]
    kinds: dict[str, LogicalType]

    def learnt(self, split: RowSplit) -> tuple[pl.DataFrame, RowSplit]:
        """Return the rows that a judged learner may see, none of the test, and their split."""
        kept = split.side("train", "calibration")
        return self.frame.filter(pl.Series(kept)), split.take(kept)

    def tested(self, split: RowSplit) -> pl.DataFrame:
        """Return the rows of the test without their target."""
        return self.frame.filter(pl.Series(split.side("test")))

    def answered(self, rows: pl.DataFrame, columns: dict[str, pl.Series]) -> pl.DataFrame:
        """Return what names ``rows`` (the key and `ROW`), with ``columns`` (n,) behind it."""
        return rows.select(*self.key, ROW).with_columns(**columns)


def read_table(work: Work) -> Table:
    """Return the rows of the stage's input ``processed``; a weight below 0 is a DataError."""
    project, contract = work.project, work.contract
    key = tuple(name for name in contract.key if name in project.columns)
    columns = tuple(dict.fromkeys((*key, *learning_columns(project))))
    frame = read_layer(work.inputs["processed"], columns).with_row_index(ROW)
    row_weights(frame, project)  # of the test as well, before anything is learnt
    kinds = {name: contract.columns[name].logical_type for name in project.with_role("feature")}
    return Table(frame=frame, key=key, kinds=kinds)
