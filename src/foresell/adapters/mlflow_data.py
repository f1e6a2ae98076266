"""Data sets as MLflow shows them, and back: what it keeps no place for lies in the profile."""

import json
from collections.abc import Mapping

from mlflow.entities import Dataset as Entity
from mlflow.entities import DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from foresell.spec.tracking import Dataset

_DIGEST, _NAME = 36, 500  # characters that MLflow takes
_KINDS: Mapping[str, tuple[str, str]] = {  # by scheme: the type of the source, and its one key
    "s3": ("s3", "uri"),
    "http": ("http", "url"),
    "https": ("http", "url"),
}


def input_of(data: Dataset) -> DatasetInput:
    """Return a data set as an input of a run."""
    kind, key = _KINDS.get(data.source.partition("://")[0], ("local", "uri"))
    columns = [{"name": name, "type": type_} for name, type_ in data.columns.items()]
    return DatasetInput(
        dataset=Entity(
            name=data.name[:_NAME],
            digest=data.digest[:_DIGEST],
            source_type=kind,
            source=json.dumps({key: data.source}),
            schema=json.dumps({"mlflow_colspec": columns}),
            profile=json.dumps({"num_rows": data.rows, "digest": data.digest}),
        ),
        tags=[InputTag(MLFLOW_DATASET_CONTEXT, data.context)],
    )


def data_of(given: DatasetInput) -> Dataset:
    """Return the data set that an input of a run was made of by `input_of`."""
    entity = given.dataset
    profile = json.loads(entity.profile or "{}")
    schema = json.loads(entity.schema or "{}")
    context = [tag.value for tag in given.tags if tag.key == MLFLOW_DATASET_CONTEXT]
    return Dataset(
        name=entity.name,
        digest=profile.get("digest", entity.digest),
        source=next(iter(json.loads(entity.source).values()), ""),
        context=context[0] if context else "",
        rows=profile.get("num_rows"),
        columns={one["name"]: one["type"] for one in schema.get("mlflow_colspec", [])},
    )
