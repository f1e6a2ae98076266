"""The graph of every project, written for other runners: DVC and Airflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from foresell.errors import MachineError, UsageError, counted, nearest
from foresell.pipeline.export import dvc
from foresell.pipeline.export.airflow import dag_files
from foresell.settings import read_settings
from foresell.wiring.exporting import (
    changes,
    code_places,
    code_told,
    declared_in,
    is_developed_in,
    written_before,
)
from foresell.wiring.runs import declaration, declarations

__all__ = ["Exported", "Form", "export_pipeline", "pipeline_code"]

Form = Literal["dvc", "airflow"]
_PLACES = {"dvc": "dvc.yaml", "airflow": "deploy/airflow/dags"}  # by default
_MARK = "Written by `foresell pipeline export airflow`"  # in every DAG file


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written, or would have been.

    ``files``: by path ``new``, ``changed``, ``same``, or ``gone`` for one that is no part of it any
    more; ``says``: what is in them.
    """

    form: Form
    files: Mapping[Path, str]
    says: str

    @property
    def stale(self) -> tuple[Path, ...]:
        """The files that were not what the projects and the graph say."""
        return tuple(path for path, state in self.files.items() if state != "same")


def export_pipeline(form: Form, *, out: str | Path | None = None, check: bool = False) -> Exported:
    """Write the graph of every project for another runner, which then only calls ``foresell``.

    ``form``: ``dvc`` writes one ``dvc.yaml`` for the projects that lie in its folder or below;
    ``airflow`` a folder of DAG files. ``out``: that file or folder; ``dvc.yaml`` and
    ``deploy/airflow/dags`` by default. ``check``: write nothing, and only look what is stale. No
    file is removed: a DAG file that is no part of the export any more is told as ``gone``. The same
    projects and graph give the same bytes.

    Every failure is a ``ForesellError``.

    Raises:
        UsageError: there is no such form.
    """
    if form not in get_args(Form):
        raise UsageError(f"there is no form {form!r}", "form", nearest(form, get_args(Form)))
    place = Path(out if out is not None else _PLACES[form])
    texts, says = (_dvc if form == "dvc" else _airflow)(place)
    before = written_before(place, _MARK) if form == "airflow" else {}
    found = changes(texts, before)
    if not check:
        _write(texts, found)
    return Exported(form=form, files=found, says=says)


def _dvc(place: Path) -> tuple[Mapping[Path, str], str]:
    """Return the text of ``dvc.yaml`` for the place where it is to lie, and what is in it."""
    root = place.absolute().parent
    projects = declared_in(root, read_settings())
    code = code_places(root, projects)
    text = dvc.dvc_yaml(projects, code, installed=not is_developed_in(root))
    return {place: text}, f"{dvc.count(projects)} stages of {counted(len(projects), 'project')}"


def _airflow(place: Path) -> tuple[Mapping[Path, str], str]:
    """Return the text of each DAG file of the folder ``place``, and what is in them."""
    settings = read_settings()
    files = dag_files([declaration(name, settings)[1] for name in declarations(settings)])
    return {place / name: text for name, text in files.items()}, f"{len(files)} DAG files"


def _write(texts: Mapping[Path, str], found: Mapping[Path, str]) -> None:
    """Write what is new or changed; a file that is gone is the reader's to remove.

    Raises:
        MachineError: it cannot be written.
    """
    for path, state in found.items():
        try:
            if state in {"new", "changed"}:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(texts[path], encoding="utf-8")
        except OSError as error:
            raise MachineError(
                f"the export cannot be written: {error.strerror}", str(path), "allow it"
            ) from error


def pipeline_code() -> Mapping[str, Any]:
    """Return which code, libraries and parameters the stages of all projects depend on.

    Its keys are those of `foresell.wiring.exporting.code_told`. The same program gives the same
    answer, wherever it lies.

    Every failure is a ``ForesellError``.
    """
    return code_told(read_settings())
