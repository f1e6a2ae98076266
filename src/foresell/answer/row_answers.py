"""Rows of requests answered in microseconds: no frame is built, and the bits are those of a frame.

`read` takes rows whose soundness can be seen by column, with the values that
`foresell.answer.requests.read_requests` would give them; whatever is odd goes there, and every
problem is told. `answer` is the one way in which rows of a table are answered.
"""

from collections.abc import Sequence
from typing import Any

from foresell.answer.declared import declared
from foresell.answer.predicting import RowModel, answer_columns, row_model
from foresell.answer.requests import RequestForm
from foresell.answer.row_answered import AnsweredColumns
from foresell.answer.row_columns import columns_of_values
from foresell.answer.row_reading import QuickForm, ReadRows, quick_form, read_rows
from foresell.bundle.bundle import Bundle
from foresell.models.onnx_running import give_back_memory

__all__ = ["AnsweredColumns", "ReadRows", "RowAnswers", "row_answers"]


class RowAnswers:
    """Holds what answers rows of a table: open graphs, what a request may be, and ranges."""

    def __init__(self, model: RowModel, form: RequestForm) -> None:
        self.model = model
        self.form = form
        self._quick: QuickForm = quick_form(form)

    def read(self, rows: Sequence[Any]) -> ReadRows:
        """Check ``rows``, as JSON has them; every problem of every row is told."""
        return read_rows(rows, self.form, self._quick)

    def answer(self, read: ReadRows) -> AnsweredColumns:
        """Answer the rows that are without a problem, in their order.

        As `foresell.answer.predicting.answer_with` does, bit for bit, with its errors.
        """
        columns = columns_of_values(read.values, self._quick.texts, self._quick.days)
        return answer_columns(self.model, columns)


def row_answers(bundle: Bundle) -> RowAnswers:
    """Return what answers rows from a bundle of a table; its graphs are proved on the way.

    A graph that says something else on this machine is a ``GateError``, a file that is missing a
    ``DataError``.
    """
    model = row_model(bundle)
    give_back_memory()  # what stays is to answer for days
    return RowAnswers(model, declared(bundle.project_text, bundle.contract_text).form)
