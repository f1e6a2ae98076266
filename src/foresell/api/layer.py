"""Ask the processed layer of a project, in SQL."""

from pathlib import Path

import polars as pl

from foresell.adapters.query_files import ReadyQuery
from foresell.errors import UsageError
from foresell.settings import read_settings
from foresell.wiring import sql as wiring


def sql(
    project: str,
    query: str | None = None,
    *,
    ready: str | None = None,
    home: str | Path | None = None,
) -> pl.DataFrame:
    """Return what a ``query`` answers about the rows of ``project`` that passed the gate.

    ``query``: one SELECT (or DESCRIBE, SHOW, SUMMARIZE, EXPLAIN) in DuckDB's SQL. The processed
    layer is the view named after the project; the query sees nothing else and writes nothing.
    ``ready``: instead, the name of a ready-made query, one of ``queries(project)``. ``home``: where
    all state lives, ``FORESELL_HOME`` or ``./workspace`` by default. Sums of integers come as
    integers where they fit in 64 bits, else as floats; decimals stay decimals; the order of rows is
    that of the query's ORDER BY.

    Every failure is a ``ForesellError``.

    Raises:
        UsageError: neither a query nor a name is given, or both, or the query is empty.
    """
    settings = read_settings(Path(home) if home is not None else None)
    if query is not None and not query.strip():
        raise UsageError(
            "the query is empty",
            f"project {project!r}",
            f"write a SELECT, as in: foresell sql {project} 'FROM {project} LIMIT 5'",
        )
    if (query is None) == (ready is None):
        raise UsageError(
            "give one of a query and the name of a ready-made one",
            f"project {project!r}",
            f"as in: foresell sql {project} 'FROM {project} LIMIT 5'",
        )
    text = wiring.ready_query(project, ready, settings).text if ready is not None else query
    return wiring.ask(project, text or "", settings)


def queries(project: str) -> list[ReadyQuery]:
    """Return the ready-made queries of ``project``, by name: those beside its declaration.

    A file that cannot be asked is among them, with its ``problem``.
    """
    return list(wiring.ready_queries(project, read_settings()))


def queries_folder(project: str) -> Path:
    """Return the folder where the ready-made queries of ``project`` lie, or may be put."""
    return wiring.queries_folder(project, read_settings())
