"""The tables of a small synthetic retailer, whole and in memory: for tests and for looking."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import polars as pl

from foresell.data.synthetic.files import PARTS, generate_files, store_sales
from foresell.data.synthetic.shop import HORIZON, make_world
from foresell.errors import SpecError
from foresell.spec.sources import Synthetic

_ORDER = ("store_id", "category", "date", "product_id")


def generate(settings: Synthetic, horizon: int = HORIZON) -> Mapping[str, pl.DataFrame]:
    """Return the tables that ``generate_files`` makes, each in one frame, by their last name.

    In the order of stores, categories or dates, products; so ``truth/demand`` is ``demand`` here.
    Settings that make no sense end in a ``SpecError``.
    """
    parts: dict[str, list[pl.DataFrame]] = {}
    for name, frame in generate_files(settings, horizon):
        table = next((part for part in PARTS if name.startswith(f"{part}/")), None)
        parts.setdefault(PurePosixPath(table or name).stem, []).append(frame)
    return {name: _sorted(pl.concat(frames)) for name, frames in parts.items()}


def generate_store_sales(settings: Synthetic, number: int) -> pl.DataFrame:
    """Return the ``sales`` rows of one store (``number`` from 0), as ``generate`` would.

    Raises:
        SpecError: a store that was not declared, or settings that ``generate`` refuses.
    """
    if not 0 <= number < settings.stores:
        raise SpecError(
            f"store {number} was asked of {settings.stores} stores",
            "synthetic.stores",
            f"ask for 0 to {settings.stores - 1}",
        )
    return store_sales(make_world(settings), number)


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a table of stores and days in order; others as they are."""
    return (
        frame.sort(name for name in _ORDER if name in frame.columns)
        if {"store_id", "date"} <= set(frame.columns)
        else frame
    )
