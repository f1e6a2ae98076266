"""SQL on a layer of Parquet files, by DuckDB: it reads, it writes nothing, it sees nothing else."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

import duckdb
import polars as pl

from foresell.adapters.arrow_stream import stream_frame
from foresell.errors import DataError, MachineError, UsageError, nearest

# What a question is made of. DuckDB calls `WITH x AS (COPY ... TO 'file') SELECT ...` a SELECT, and
# it does write the file: so every node of the query's tree is looked at, not its first word.
_READING = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_HIDING = frozenset({"query", "query_table", "json_execute_serialized_sql"})  # run a text of SQL
_EXPLAIN = re.compile(r"\s*explain\s+(?:analy[sz]e\s+)?", re.IGNORECASE)
_UNREADABLE = ("INTERVAL", "BLOB", "BIT", "VARIANT", "GEOMETRY")  # types Polars or JSON lack
_COLUMN = re.compile(r'Referenced column "(.+?)" not found')
_LINE = re.compile(r"^LINE (\d+): (.*)$", re.MULTILINE)


def ask_layer(folder: Path, names: Sequence[str], view: str, query: str) -> pl.DataFrame:
    """Return what ``query`` answers about the Parquet files ``names`` in ``folder``.

    The rows of all files are the view ``view``: the columns of the files, then those their folders
    name (``year=2012/``). Whole numbers too long for 64 bits become floats; decimals stay decimals.
    One thread does the work, so that sums of floats are the same to the last digit each time.

    A query that is not SQL, does more than read, or asks for what is not there is a UsageError.

    Raises:
        MachineError: the answer does not fit in memory.
    """
    with _opened(folder, names, view) as (connection, columns):
        try:
            _refuse_writing(connection, query, view)
            asked = connection.sql(query)
            _refuse_shape(asked, view)
            return _plain_numbers(stream_frame(asked))
        except duckdb.Error as error:
            _say(error, view, columns)
        except pl.exceptions.ComputeError as error:  # DuckDB's trouble, met while Polars reads
            raise MachineError(
                f"the answer cannot be taken: {str(error).splitlines()[0]}",
                "the query",
                "ask for fewer rows or groups",
            ) from error


def layer_columns(folder: Path, names: Sequence[str], view: str) -> tuple[str, ...]:
    """Return the columns of the view that ``ask_layer`` asks."""
    with _opened(folder, names, view) as (_, columns):
        return columns


def parse_query(query: str) -> None:
    """Refuse what ``ask_layer`` would refuse before it looks at any row.

    Raises UsageError: the query is not SQL, or does more than read.
    """
    with duckdb.connect(":memory:") as connection:
        try:
            _refuse_writing(connection, query, "the layer")
        except duckdb.Error as error:
            _say(error, "the layer", ())


@contextmanager
def _opened(
    folder: Path, names: Sequence[str], view: str
) -> Iterator[tuple[duckdb.DuckDBPyConnection, tuple[str, ...]]]:
    """Give a connection that sees the files as ``view``, and nothing else, and the view's columns.

    Raises:
        DataError: a file is gone or is no Parquet.
    """
    root = folder.resolve()
    paths = [str(root / name) for name in names]
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "temp_directory": "",
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,  # a name in a query is never one of Python's
    }
    with duckdb.connect(":memory:", config=config) as connection:
        connection.execute("SET allowed_directories = $1", [[f"{root}/"]])
        connection.execute("SET enable_external_access = false")
        try:
            _make_view(connection, paths, names[0], view)
            columns = tuple(connection.view(view).columns)
        except duckdb.Error as error:
            raise DataError(
                "the processed layer cannot be read", str(folder), "run the project again"
            ) from error
        connection.execute("SET lock_configuration = true")
        yield connection, columns


def _make_view(
    connection: duckdb.DuckDBPyConnection, paths: list[str], first: str, view: str
) -> None:
    """Make the view: the columns of the files, then those their folders name.

    Folders above the layer name none, and a column that the files hold is theirs, in any case of
    letters: DuckDB would take the folder's word for it.
    """
    own = connection.read_parquet(paths, hive_partitioning=False)
    held = {name.casefold() for name in own.columns}
    named = [part.partition("=")[0] for part in Path(first).parts[:-1] if "=" in part]
    added = [name for name in named if name.casefold() not in held]
    if not added:
        own.create_view(view)
        return
    rows = connection.read_parquet(paths, hive_partitioning=True)
    columns = [*rows.columns[: len(own.columns)], *added]
    rows.select(*map(duckdb.ColumnExpression, columns)).create_view(view)


def _refuse_writing(connection: duckdb.DuckDBPyConnection, query: str, view: str) -> None:
    """Refuse anything but one statement that only reads.

    Raises:
        UsageError: what the sentence above names.
    """
    statements = connection.extract_statements(query)
    if len(statements) != 1:
        raise UsageError(
            f"{len(statements)} statements were asked", "the query", "ask one at a time"
        )
    kind, text = statements[0].type, query
    if kind == duckdb.StatementType.EXPLAIN:
        text = _EXPLAIN.sub("", query, count=1)
    tree = (files("foresell.adapters") / "sql" / "query_tree.sql").read_text("utf-8")
    parsed = json.loads(connection.execute(tree, {"query": text}).fetchall()[0][0])
    if parsed.get("error") or not _reads(parsed):
        asked = "the query" if kind == duckdb.StatementType.SELECT else kind.name
        raise UsageError(
            f"{asked} does more than read, and the layer is only read",
            "the query",
            f"write a SELECT on the view {view!r}; --out FILE writes the answer",
        )


def _reads(tree: object) -> bool:
    """Tell whether no node of a parsed query does more than read."""
    if isinstance(tree, list):
        return all(map(_reads, tree))
    if not isinstance(tree, dict):
        return True
    kind, function = str(tree.get("type", "")), str(tree.get("function_name", ""))
    if (kind.endswith("_NODE") and kind not in _READING) or function.lower() in _HIDING:
        return False
    return all(map(_reads, tree.values()))


def _refuse_shape(asked: duckdb.DuckDBPyRelation, view: str) -> None:
    """Refuse an answer that no table can hold.

    Raises:
        UsageError: two columns have one name, or one has a type that cannot be shown.
    """
    twice = sorted({name for name in asked.columns if asked.columns.count(name) > 1})
    if twice:
        raise UsageError(
            f"the answer has several columns named {', '.join(map(repr, twice))}",
            "the query",
            "give each a name of its own: ... AS name",
        )
    for name, kind in zip(asked.columns, map(str, asked.types), strict=True):
        if any(word in kind for word in _UNREADABLE):
            raise UsageError(
                f"the column {name!r} of the answer is of the type {kind}, which cannot be shown",
                f"the query on {view}",
                "write it as text: CAST(... AS VARCHAR)",
            )


def _plain_numbers(answer: pl.DataFrame) -> pl.DataFrame:
    """Return ``answer`` with whole numbers as integers: a sum of integers is one of 128 bits."""
    wide = [
        name
        for name, kind in answer.schema.items()
        if isinstance(kind, pl.Decimal) and kind.scale == 0 and kind.precision == 38
    ]
    return answer.with_columns(
        column.cast(pl.Float64)
        if (narrow := column.cast(pl.Int64, strict=False)).null_count() > column.null_count()
        else narrow
        for column in answer.select(wide).get_columns()
    )


def _say(error: duckdb.Error, view: str, columns: Sequence[str]) -> NoReturn:
    """Say DuckDB's error in our three parts: its first sentence, the line, a way on.

    Raises:
        UsageError: the query is at fault.
        DataError: a file went away while it was read, or is spoilt.
        MachineError: the answer does not fit in memory.
    """
    text = str(error)
    what = text.splitlines()[0].partition(": ")[2] or text.splitlines()[0]
    line = _LINE.search(text)
    where = f"the query, line {line[1]}: {line[2].strip()}" if line else "the query"
    if isinstance(error, duckdb.OutOfMemoryException):
        raise MachineError(what, where, "ask for fewer rows or groups") from error
    if isinstance(error, duckdb.IOException) or type(error) is duckdb.Error:  # its readers' own
        raise DataError(
            f"the processed layer cannot be read: {what}", where, "run the project again"
        ) from error
    mend = f"the layer is the view {view!r}; 'DESCRIBE {view}' lists its columns"
    if isinstance(error, duckdb.PermissionException):
        what = "files outside the layer are closed to queries"
        mend = f"ask the view {view!r}; --out FILE writes the answer"
    if unknown := _COLUMN.search(what):
        what, mend = f"there is no column {unknown[1]!r}", nearest(unknown[1], columns)
    raise UsageError(what, where, mend) from error
