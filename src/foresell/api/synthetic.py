"""Make the data of a retailer that does not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from foresell.errors import SpecError, UsageError
from foresell.pipeline.work import Event, unheard
from foresell.spec.sources import Synthetic

_MOST_PROCESSES = 64


@dataclass(frozen=True, kw_only=True)
class SynthResult:
    """What was written.

    ``tables``: one row a table, with ``table`` (its folder or file), ``files``, ``rows`` and
    ``bytes``. ``rows`` counts the rows of ``sales``: one a store, product and day.
    ``planned_until``: the last day of what is known in advance (promotions, closures, the
    calendar), which lies after the last day that is sold.
    """

    out: Path
    rows: int
    bytes: int
    files: int
    tables: pl.DataFrame
    planned_until: date


def synth(
    out: str | Path,
    *,
    stores: int,
    products: int,
    start: str,
    end: str,
    seed: int = 7,
    processes: int = 1,
    listen: Callable[[Event], None] = unheard,
) -> SynthResult:
    """Write the files of an invented retailer to the folder ``out``.

    ``start`` and ``end`` are ISO dates, both included. The same ``seed`` and size give the same
    bytes, on any machine with the same libraries and for any number of ``processes``; every file
    says that it is synthetic. The folder appears when all is written, or not at all. What lies in
    it is told in ``foresell.data.synthetic.files``. ``listen`` hears progress.

    Raises:
        UsageError: ``out`` holds something already, or a date, count or seed makes no sense.
    """
    place = Path(out)
    if place.is_file() or (place.is_dir() and any(place.iterdir())):
        raise UsageError(
            "there is something already" if place.is_dir() else "it is a file",
            str(place),
            "name a new folder, or empty this one",
        )
    if not 1 <= processes <= _MOST_PROCESSES:
        raise UsageError(
            f"processes is {processes}", "synth, processes", f"use 1 to {_MOST_PROCESSES}"
        )
    from foresell.wiring.synthetic import (  # noqa: PLC0415 - only if asked
        planned_until,
        sums,
        write_synthetic,
    )

    made = Synthetic(stores=stores, products=products, start=start, end=end, seed=seed)
    try:
        files = write_synthetic(made, place, processes=processes, listen=listen)
    except SpecError as error:
        option = error.where.removeprefix("synthetic.")
        raise UsageError(error.what, f"synth, {option}", error.mend) from error
    tables = pl.DataFrame([{"table": name, **found} for name, found in sums(files).items()])
    return SynthResult(
        out=place,
        rows=sum(file.rows for file in files if file.name.startswith("sales/")),
        bytes=sum(file.bytes for file in files),
        files=len(files),
        tables=tables,
        planned_until=planned_until(made),
    )
