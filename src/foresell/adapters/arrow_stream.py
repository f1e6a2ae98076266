"""A stream of Arrow batches, as Polars takes it from any library."""

from typing import Protocol

import polars as pl


class Streaming(Protocol):
    """What can be read as Arrow: the PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with the stream, once."""
        ...


class _Stream:
    """The stream without its library.

    Polars remembers for good the type of whatever it was given. DuckDB's own type, kept alive to
    the end of the process, makes its bindings complain there of leaks, on standard error (DuckDB
    2.0, Polars 2.1). To be taken out when a Python that only does
    ``polars.DataFrame(duckdb.sql('from range(1)'))`` ends in silence. This module must not import
    DuckDB.
    """

    def __init__(self, source: Streaming) -> None:
        self._source = source

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the capsule of the source."""
        return self._source.__arrow_c_stream__(requested_schema)


def stream_frame(source: Streaming) -> pl.DataFrame:
    """Return the rows of ``source``, all of them, as a frame."""
    return pl.DataFrame(_Stream(source))
