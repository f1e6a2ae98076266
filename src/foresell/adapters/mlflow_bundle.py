"""What MLflow loads a bundle by: the module that its ``MLmodel`` file names as ``loader_module``.

Every checksum of the bundle is looked at, and nothing is unpickled. What it answers is what
foresell itself answers, to the last bit.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from foresell.adapters.store import DirectoryStore, frame_bytes
from foresell.answer.predicting import RowModel, answer_with, row_model
from foresell.answer.row_files import check_batch, parquet_file, refuse_rows, row_form
from foresell.answer.rows import answer
from foresell.answer.typed_rows import typed_rows
from foresell.bundle.bundle import Bundle, read_bundle
from foresell.contracts.contract import parse_contract
from foresell.errors import UsageError
from foresell.spec.reading import parse_project


class Answerer:
    """A bundle that answers frames of pandas, as MLflow hands them over."""

    def __init__(self, bundle: Bundle) -> None:
        """Keep the bundle."""
        self.bundle = bundle
        self._project = parse_project(bundle.project_text, "bundle/project.yaml")

    def predict(self, model_input: Any, params: object = None) -> Any:  # noqa: ARG002 - MLflow's
        """Answer rows (n,), as a frame of pandas in their order.

        Of a panel: keys, date and what is planned, see `foresell.answer.rows.answer`; of a table
        its features, see `foresell.answer.predicting.answer_with`. A row that breaks the contract
        is a ``DataError``.

        Raises:
            UsageError: there is no row.
        """
        rows = pl.from_pandas(model_input)
        if rows.is_empty():
            raise UsageError("there is no row", "rows", "give at least one")
        panel = self._project.kind == "panel"
        return (self._of_panel(rows) if panel else self._of_table(rows)).to_pandas()

    def _of_panel(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Answer keys and dates."""
        typed = typed_rows(frame_bytes(rows), "rows.parquet", self.bundle)
        return answer(self.bundle, typed)

    def _of_table(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Answer rows by themselves, checked as those of a file are."""
        contract = parse_contract(self.bundle.contract_text, "bundle/contract.yaml")
        form = row_form(self._project, contract)
        parquet_file(rows.lazy(), "rows", form)  # refuses what a file of such rows would be
        batch = check_batch(rows.select(n for n in rows.columns if n in form.read), form, "rows", 1)
        if batch.refused.height:
            refuse_rows(batch.refused, batch.refused.height, rows.height, "rows")
        return answer_with(self._row_model, batch.frame)

    @cached_property
    def _row_model(self) -> RowModel:
        """The graphs, proved on this machine."""
        return row_model(self.bundle)


def _load_pyfunc(path: str) -> Answerer:
    """Return what answers from the bundle in the folder ``path``; MLflow calls it by this name.

    A file that is missing or was changed is a ``DataError``.
    """
    return Answerer(read_bundle(DirectoryStore(Path(path))))
