"""Rows into staging by COPY, out of it again, and those that stand twice taken as one."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import polars as pl
from psycopg import Connection
from psycopg.errors import LockNotAvailable

from foresell.adapters.warehouse.asking import ask_one, change, query
from foresell.errors import DataError
from foresell.spec.warehouse import PLAN_COLUMNS, STAGED_COLUMNS

Kind = Literal["sales", "plan"]
KINDS: tuple[Kind, ...] = ("sales", "plan")
STALE_DAYS = 7  # a delivery that nobody has let in for so long never will be
_COLUMNS: Mapping[Kind, tuple[str, ...]] = {"sales": STAGED_COLUMNS, "plan": PLAN_COLUMNS}
_TYPES: Mapping[str, type[pl.DataType]] = {
    **dict.fromkeys(STAGED_COLUMNS, pl.Float64),
    **dict.fromkeys(("store_id", "dept_id", "store_size"), pl.Int64),
    **dict.fromkeys(("isholiday", "isholiday_features"), pl.Boolean),
    "week_date": pl.Date,
    "store_type": pl.String,
}
_LOOK_S = 0.2  # between two looks at whether staging is free
_ROWS = 50_000  # written as text at a time: some 5 MB


def stage(
    connection: Connection[Any], batch: str, kind: Kind, frames: Iterable[pl.DataFrame]
) -> int:
    """Copy ``frames`` into staging as rows of ``batch``; return how many there are.

    Every float arrives as the bits it is. Columns are named as in staging, in any order; one that
    no frame has is null throughout.
    """
    rows = 0
    with connection.cursor().copy(query(f"copy_{kind}")) as copy:
        for frame in frames:
            rows += frame.height
            for text in as_csv(frame, batch, kind):
                copy.write(text)
    return rows


def as_csv(frame: pl.DataFrame, batch: str, kind: Kind) -> Iterator[bytes]:
    r"""Yield the rows as COPY reads them, ``batch`` first: no header, null an empty field.

    >>> plan = pl.DataFrame({"store_id": [1], "dept_id": [None], "isholiday": [True]})
    >>> list(as_csv(plan, "b1", "plan"))
    [b'b1,1,,,true\n']

    Raises:
        DataError: a value is not of the type that its column has in staging.
    """
    try:
        columns = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(_TYPES[name]).alias(name)
            for name in _COLUMNS[kind]
        ]
        typed = frame.select(pl.lit(batch).alias("batch"), *columns)
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"a value does not fit the warehouse: {str(error).splitlines()[0]}",
            f"rows to be staged, {kind}",
            "mend the value, or the type of its column in contract.yaml",
        ) from error
    for piece in typed.iter_slices(_ROWS):
        yield piece.write_csv(include_header=False).encode()


def staged(connection: Connection[Any], batch: str, kind: Kind) -> int:
    """Return how many rows of ``batch`` are in staging."""
    return int(ask_one(connection, f"count_{kind}", batch=batch)["rows"])


def hold(
    connection: Connection[Any],
    patience_s: float,
    waiting: Callable[[], object] = lambda: None,
) -> None:
    """Let nobody else put in, take out or change staged rows until the transaction ends.

    What is checked is then what goes in. ``waiting`` is called once where another job is at work
    there, before this waits for its end, at most ``patience_s`` seconds. Until both tables are free
    it holds neither: a job that fills one after the other is never locked out of the second.
    """
    end = time.monotonic() + patience_s
    while not _held(connection):
        waiting()
        waiting = _silent
        if time.monotonic() > end:
            change(connection, "hold_staging")  # raises what it was refused for, or has it now
            return
        time.sleep(_LOOK_S)


def _held(connection: Connection[Any]) -> bool:
    """Take both staging tables, if nobody else is at work in them; tell whether they are held."""
    try:
        with connection.transaction():  # a savepoint: what is refused here undoes nothing else
            change(connection, "hold_staging")
    except LockNotAvailable:
        return False
    return True


def _silent() -> None:
    """Say nothing: it was said."""


def settle(connection: Connection[Any]) -> None:
    """Make ready to ask about what was staged: what the planner knows of it, room to sort it."""
    ask_one(connection, "room")
    for kind in KINDS:
        change(connection, f"analyze_{kind}")


def drop_repeated(connection: Connection[Any], batch: str, kind: Kind) -> tuple[int, int]:
    """Keep one of the rows of ``batch`` that are equal, where a key stands on more than one row.

    Return how many keys did, and how many rows went.
    """
    keys = int(ask_one(connection, f"repeated_{kind}", batch=batch)["keys"])
    return keys, change(connection, f"drop_repeated_{kind}", batch=batch) if keys else 0


def clear(connection: Connection[Any], batch: str) -> int:
    """Take the rows of ``batch`` out of staging; return how many there were."""
    return sum(change(connection, f"clear_{kind}", batch=batch) for kind in KINDS)


def clear_stale(connection: Connection[Any], days: int = STALE_DAYS) -> int:
    """Take out what was staged more than ``days`` days ago; return how many rows there were."""
    return sum(change(connection, f"clear_stale_{kind}", days=days) for kind in KINDS)
