"""What a shadow has written, read back; and what came true of it, from a file of actuals."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import polars as pl

from foresell.adapters.rotating_lines import files_of
from foresell.errors import DataError, MachineError, UsageError, counted
from foresell.evaluate.shadowing import ACTUAL, LINES
from foresell.settings import Settings
from foresell.spec.project import ProjectSpec
from foresell.wiring.predicting import existing_file
from foresell.wiring.shadow_desk import STEM, shadow_folder

_REQUEST = ("request_id", "row")
_OPTION = "--actuals"


def read_shadow(project: str, settings: Settings, keys: Sequence[str] = ()) -> pl.DataFrame:
    """Return the lines of a project's shadow, oldest file first: the columns of `LINES`.

    ``keys``: features that are returned beside them, as text. A line that was torn when a process
    was killed is left out.

    Raises:
        UsageError: nothing was scored yet.
    """
    folder = shadow_folder(settings.home, project)
    frames = [_lines(file, keys) for file in files_of(folder, STEM)]
    found = pl.concat([_empty(keys), *(frame for frame in frames if not frame.is_empty())])
    if found.is_empty():
        raise UsageError(
            f"no shadow of {project!r} has scored anything yet",
            str(folder),
            f"serve with one: foresell serve {project} --shadow staging",
        )
    return found


def with_actuals(lines: pl.DataFrame, file: Path, spec: ProjectSpec) -> pl.DataFrame:
    """Return ``lines`` with the column `ACTUAL`, null where ``file`` does not tell.

    ``file``: CSV or Parquet, with the target's column, or one named ``actual``, and what names a
    row: ``request_id``, with ``row`` where requests held several; or of a panel its keys and date.
    No such file, and one that lacks a column or cannot be read, are refused.

    Raises:
        DataError: one row has several truths, or one that is no number.
    """
    told = _read(existing_file(file, _OPTION))
    by = _names(told, spec, file)
    value = spec.target if spec.target in told.columns else ACTUAL
    if "request_id" in by and "row" not in told.columns:
        told = told.with_columns(row=pl.lit("1"))
    known = told.select(*by, pl.col(value).cast(pl.Float64, strict=False).alias(ACTUAL))
    if bad := int((told[value].is_not_null() & known[ACTUAL].is_null()).sum()):
        raise DataError(f"{value} is no number in {counted(bad, 'row')}", file.name, "mend them")
    known = known.drop_nulls().unique()
    if twice := known.height - known.select(by).n_unique():
        raise DataError(
            f"{counted(twice, 'row')} with more than one truth", file.name, "leave one of them"
        )
    return (
        lines
        .with_columns(pl.col("row").cast(pl.String).alias("_row"))
        .join(
            known.rename({"row": "_row"}) if "row" in by else known,
            on=["_row" if name == "row" else name for name in by],
            how="left",
            maintain_order="left",
        )
        .drop("_row")
    )


def row_names(spec: ProjectSpec) -> tuple[str, ...]:
    """Return the features that name a row of a project, empty where none do."""
    return (*spec.with_role("key"), spec.time) if spec.kind == "panel" and spec.time else ()


def _names(told: pl.DataFrame, spec: ProjectSpec, file: Path) -> list[str]:
    """Return the columns by which a file of actuals names rows.

    Raises:
        UsageError: it has no truth, or nothing that names a row.
    """
    if not {spec.target, ACTUAL} & set(told.columns):
        raise UsageError(
            f"{file.name} has no column {spec.target!r} and none named {ACTUAL!r}",
            _OPTION,
            "give the truth in one of them",
        )
    if "request_id" in told.columns:
        return list(_REQUEST)
    keys = row_names(spec)
    if keys and set(keys) <= set(told.columns):
        return list(keys)
    others = f", or {', '.join(keys)}" if keys else ""
    raise UsageError(
        f"nothing in {file.name} names a row that was answered",
        _OPTION,
        f"give the column request_id, as every answer tells it{others}",
    )


def _read(file: Path) -> pl.DataFrame:
    """Return a file of actuals, every column as text.

    Raises:
        DataError: it is no CSV or Parquet.
    """
    try:
        if file.suffix.lower() == ".parquet":
            return pl.read_parquet(file, glob=False).select(pl.all().cast(pl.String))
        return pl.read_csv(file, infer_schema=False, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(
            f"{file.name} cannot be read as a table", _OPTION, "give a CSV or Parquet file"
        ) from error


def _lines(file: Path, keys: Sequence[str]) -> pl.DataFrame:
    """Return the whole lines of one file.

    Raises:
        MachineError: it may not be read.
        DataError: a line is none of a shadow.
    """
    try:
        text = file.read_bytes()
    except FileNotFoundError:  # it was the oldest, and a server has just taken it away
        return _empty(keys)
    except OSError as error:
        raise MachineError(
            f"{file.name} cannot be read: {error.strerror}", str(file.parent), "mend the rights"
        ) from error
    text = text[: text.rfind(b"\n") + 1]
    if not text:
        return _empty(keys)
    features = {"features": pl.Struct(dict.fromkeys(keys, pl.String()))} if keys else {}
    try:
        found = pl.read_ndjson(BytesIO(text), schema={**LINES, **features})
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"{file.name} holds a line that no shadow wrote", str(file.parent), "take the file away"
        ) from error
    return (found.unnest("features") if keys else found).select(*LINES, *keys)


def _empty(keys: Sequence[str]) -> pl.DataFrame:
    """Return the columns of lines, without any."""
    schema: Mapping[str, pl.DataType] = {**LINES, **dict.fromkeys(keys, pl.String())}
    return pl.DataFrame(schema=schema)
