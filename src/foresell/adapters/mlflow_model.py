"""A bundle as a model of MLflow: with signature, input example, and the module that loads it.

It is found again by the bundle's digest, so that one bundle is one model of its run.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model, ModelSignature
from mlflow.types.schema import Array, ColSpec, DataType, Schema

from foresell.adapters.store import DirectoryStore
from foresell.adapters.tracker_words import BUNDLE, DIGEST, PROJECT
from foresell.answer.reach import default_rows
from foresell.bundle.bundle import Bundle, read_bundle
from foresell.contracts.contract import Column, parse_contract
from foresell.contracts.values import TYPES
from foresell.spec.forecast import quantile_columns
from foresell.spec.ports import PROVENANCE, Store
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

_LOADER = "foresell.adapters.mlflow_bundle"
_EXAMPLES = 3  # rows of the input example
_KINDS = {
    "string": DataType.string,
    "integer": DataType.long,
    "number": DataType.double,
    "boolean": DataType.boolean,
    "date": DataType.datetime,
}
Writing = Callable[[str, Model], None]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where models are kept: an experiment, and the run that made them, None for whichever did."""

    client: MlflowClient
    experiment: str
    run: str | None = None


def bundle_model(shelf: Shelf, digest: str, bundle: Store) -> str:
    """Return the id of the model that is the bundle ``digest``, which is logged if it is not there.

    Every file has its checksum before, and again whenever the model is loaded. A bundle that is
    damaged is a ``DataError``.
    """
    if (found := ready_model(shelf, BUNDLE, digest)) is not None:
        return str(found.model_id)
    read = read_bundle(bundle)
    project = parse_project(read.project_text, "bundle/project.yaml")

    def write(path: str, model: Model) -> None:
        from mlflow import pyfunc  # noqa: PLC0415 - it warns of itself when it is first looked at

        with TemporaryDirectory() as folder:
            kept = DirectoryStore(Path(folder) / BUNDLE)
            for name in bundle.list():
                if name != PROVENANCE:
                    kept.write_bytes(name, bundle.read_bytes(name))
            pyfunc.save_model(
                path,
                loader_module=_LOADER,
                data_path=str(kept.root),
                mlflow_model=model,
                signature=signature_of(read, project),
                input_example=example_of(read, project),
                pip_requirements=requirements("foresell", "mlflow"),
                metadata={"digest": digest, "project": project.name},
            )

    return log_model(shelf, BUNDLE, {DIGEST: digest, PROJECT: project.name}, write)


def ready_model(shelf: Shelf, name: str, digest: str) -> LoggedModel | None:
    """Return the model ``name`` of a bundle's digest that was logged whole, None for none."""
    whole = [one for one in _models(shelf, name, digest) if one.status == LoggedModelStatus.READY]
    return whole[0] if whole else None


def log_model(shelf: Shelf, name: str, tags: dict[str, str], write: Writing) -> str:
    """Log what ``write`` puts into a folder as a model; return its id.

    One that was begun, and whose process was killed, is completed: it becomes ready as the last
    thing. ``tags``: the digest of the bundle among them, by which it is found again.
    """
    begun = _models(shelf, name, tags[DIGEST])
    model = begun[0] if begun else None
    if model is None:
        model = shelf.client.create_logged_model(
            shelf.experiment, name=name, source_run_id=shelf.run, tags=tags
        )
    told = Model(
        artifact_path=model.artifact_location,
        model_uuid=model.model_id,
        run_id=shelf.run,
        model_id=model.model_id,
    )
    with TemporaryDirectory() as folder:
        place = Path(folder) / "model"
        write(str(place), told)
        shelf.client.log_model_artifacts(model.model_id, str(place))
    if shelf.run is not None:
        made = shelf.client.get_run(shelf.run).outputs
        if model.model_id not in {one.model_id for one in (made.model_outputs if made else ())}:
            shelf.client.log_outputs(shelf.run, [LoggedModelOutput(model.model_id, step=0)])
    shelf.client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    return str(model.model_id)


def requirements(*names: str) -> list[str]:
    """Return what a model needs to be loaded, at the versions that are installed here."""
    return [f"{name}=={version(name)}" for name in names]


def signature_of(bundle: Bundle, project: ProjectSpec) -> ModelSignature:
    """Return what the bundle takes and gives, by the contract; dates are datetimes to MLflow."""
    columns = parse_contract(bundle.contract_text, "bundle/contract.yaml").columns
    if project.kind == "panel":
        identity = (*project.keys, project.time)
        planned = project.with_role("known_future")
        takes = [_taken(columns[name], optional=False) for name in identity]
        takes += [_taken(columns[name], optional=True) for name in planned]
        gives = [_taken(columns[name], optional=False) for name in identity]
        gives += _numbers("prediction", *quantile_columns())
        gives += [_text("interval_method"), _text("level_used")]
    else:
        used = project.with_role("feature")
        takes = [_taken(columns[name], optional=not columns[name].required) for name in used]
        gives = _numbers("prediction", "p10", "p90", *quantile_columns())
        gives += [_text("interval_method")]
        gives += [ColSpec(Array(DataType.string), name) for name in ("unseen", "outside")]
    return ModelSignature(inputs=Schema([*takes]), outputs=Schema([*gives]))


def example_of(bundle: Bundle, project: ProjectSpec) -> Any:
    """Return some rows that the bundle answers, as a frame of pandas, None where it has none."""
    columns = parse_contract(bundle.contract_text, "bundle/contract.yaml").columns
    rows: pl.DataFrame | None
    if project.kind == "panel":
        rows = default_rows(bundle)[0].head(_EXAMPLES)
        asked = (*project.keys, project.time, *project.with_role("known_future"))
        names = [name for name in asked if name in rows.columns]
    else:
        names = list(project.with_role("feature"))
        rows = _rows_of_proof(bundle)
    if rows is None or rows.is_empty():
        return None
    typed = rows.select(pl.col(name).cast(_held(columns[name])) for name in names)
    return typed.to_pandas(date_as_object=False)


def _models(shelf: Shelf, name: str, digest: str) -> list[LoggedModel]:
    """Return the models of a bundle's digest on a shelf, begun or whole, the oldest first."""
    found = shelf.client.search_logged_models(
        [shelf.experiment], filter_string=f"tags.`{DIGEST}` = '{digest}'"
    )
    mine = [one for one in found if one.name == name and shelf.run in {None, one.source_run_id}]
    return sorted(mine, key=lambda one: (one.creation_timestamp, one.model_id))


def _rows_of_proof(bundle: Bundle) -> pl.DataFrame | None:
    """Return real rows that travel with the bundle to prove its graphs, None where none do."""
    proof = json.loads(bundle.model.get("onnx/parity.json", b"{}"))
    for kept in proof.get("models", {}).values():
        columns = kept["inputs"]
        return pl.DataFrame({name: values[:_EXAMPLES] for name, values in columns.items()})
    return None


def _held(column: Column) -> pl.DataType:
    """Return the type of a column that MLflow is told: a whole number with gaps is a number."""
    if column.logical_type == "integer" and not column.required:
        return pl.Float64()
    return TYPES[column.logical_type]


def _taken(column: Column, *, optional: bool) -> ColSpec:
    """Return what MLflow is told of a column: pandas has no whole numbers with gaps."""
    loose = column.logical_type == "integer" and not column.required
    kind = DataType.double if loose else _KINDS[column.logical_type]
    return ColSpec(kind, column.name, required=not optional)


def _numbers(*names: str) -> list[ColSpec]:
    """Return columns of numbers."""
    return [ColSpec(DataType.double, name) for name in names]


def _text(name: str) -> ColSpec:
    """Return a column of text."""
    return ColSpec(DataType.string, name)
