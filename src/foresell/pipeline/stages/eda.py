"""eda: what is in the training rows, told and drawn before a model sees them."""

from foresell.pipeline.exploring import explored
from foresell.pipeline.work import Work
from foresell.spec.ports import Store


def run(work: Work) -> None:
    """Write the report of the training rows to ``eda``: see docs/eda.md for its files.

    Nothing in it comes from the rows that the test keeps. The same rows give the same bytes.
    """
    _write(work, None)


def run_panel(work: Work) -> None:
    """Write the same report of a panel, with the rows asked for."""
    _write(work, work.inputs["asked"])


def _write(work: Work, asked: Store | None) -> None:
    """Write the report and say how large it is."""
    files = explored(work.inputs, work.project, work.contract, rows="train", asked=asked)
    for name, content in files.items():
        work.outputs["eda"].write_bytes(name, content)
    pictures = sum(name.endswith(".svg") for name in files)
    tables = sum(name.endswith(".csv") for name in files)
    work.note(f"{len(files['eda_report.html']) / 1e6:.2f} MB, {pictures} figures, {tables} tables")
