"""Which files of a bundle the process that answers requests has to keep in memory."""

from collections.abc import Callable

from foresell.spec.ports import Store
from foresell.spec.reading import parse_project

_MODEL = "model/"


def served_files(store: Store) -> Callable[[str], bool]:
    """Return whether a file of the bundle in ``store`` is needed to answer requests.

    Of a table the graphs of the champion and what stands around them; of a panel all but its model,
    for what it forecast is published, and another process computes the rest. For
    `foresell.bundle.bundle.read_bundle`, which verifies every file all the same.
    A file that is missing, or no text, is a ``DataError`` or a ``SpecError``.
    """
    text = store.read_bytes("project.yaml").decode(errors="replace")
    if parse_project(text, "bundle/project.yaml").kind == "panel":
        return lambda name: not name.startswith(_MODEL)
    # Only what answers rows of a table needs ONNX Runtime.
    from foresell.answer.learnt import PLAIN  # noqa: PLC0415
    from foresell.answer.predicting import files_to_answer  # noqa: PLC0415
    from foresell.models.tabular.proved import SERVED  # noqa: PLC0415

    served = f"{_MODEL}{SERVED}" in store.list()
    names = files_to_answer(store.read_bytes(f"{_MODEL}{PLAIN}"), served=served)
    return lambda name: name.removeprefix(_MODEL) in names
