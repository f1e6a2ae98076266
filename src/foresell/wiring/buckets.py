"""Raw files in S3: below a prefix of a bucket, or named object by object by the tables.

boto3 is looked for when a bucket is first named; where it is missing, the error names the extra.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from foresell.adapters.s3_uris import bucket_and_key, is_s3
from foresell.errors import DataError
from foresell.spec.extras import need
from foresell.spec.ports import Source
from foresell.spec.project import ProjectSpec


def bucket_source(project: ProjectSpec, uri: str, where: str) -> Source:
    """Return the raw files below ``uri``, ``s3://bucket/prefix``.

    Nothing is read yet, but the last bytes of Parquet tables, which say whether our generator made
    them. ``where``: who named the place, for errors, as in ``DATA_DIR``. A ``UsageError``: it
    is no bucket. A ``MachineError``: boto3 is missing, or the bucket is out of reach.
    """
    need(["boto3"], f"{where}, {uri}", "s3")
    from foresell.adapters.s3_source import S3Source  # noqa: PLC0415 - the extra s3

    bucket, prefix = bucket_and_key(uri, where)
    found = S3Source(bucket, prefix.strip("/"))
    patterns = [name for name in _parquet(project) if not is_s3(name)]
    return replace(found, synthetic=found.marked(patterns))


def kept_in_bucket(project: ProjectSpec, place: str) -> Source | None:
    """Return the raw files of ``project`` in ``place/<project>``, where ``DATA_DIR`` is in S3.

    None where a project that makes its own data has none there.
    """
    source = bucket_source(project, f"{place.rstrip('/')}/{project.name}", "DATA_DIR")
    own = [table.file for table in project.tables if not table.relation and not is_s3(table.file)]
    return source if project.synthetic is None or all(map(source.files, own)) else None


def object_source(project: ProjectSpec) -> Source:
    """Return the objects that tables name by URI, as in ``file: s3://bucket/key``."""
    need(["boto3"], "tables, file", "s3")
    from foresell.adapters.s3_objects import S3Objects  # noqa: PLC0415 - the extra s3

    found = S3Objects()
    return replace(found, synthetic=found.marked(filter(is_s3, _parquet(project))))


def names_objects(project: ProjectSpec) -> bool:
    """Tell whether a table of ``project``, or the rows it is asked for, are named by URI."""
    asked = [project.asked.file] if project.asked is not None else []
    return any(map(is_s3, [*(table.file for table in project.tables), *asked]))


def refuse_no_file_names(names: Iterable[str], where: str) -> None:
    """Refuse names of which a file would lie elsewhere, or where another one does.

    Raises:
        DataError: it names the first.
    """
    for name in names:
        if {"", ".", ".."} & set(name.split("/")):
            raise DataError(
                f"no file can be put in place under the name {name!r}",
                where,
                "give it another name, or read it where it is: --data",
            )


def _parquet(project: ProjectSpec) -> Sequence[str]:
    """Return the patterns of the Parquet files of the tables."""
    tables = [table for table in project.tables if table.relation is None]
    return [table.file for table in tables if table.format == "parquet"]
