"""Which published rows a request means."""

import numpy as np
import polars as pl

from foresell.answer.asking_panel import Ask
from foresell.answer.choosing import Known, meant_rows
from foresell.answer.published import BY_DEFAULT, Places, Published
from foresell.contracts.contract import Contract
from foresell.errors import UsageError


def chosen(published: Published, ask: Ask, contract: Contract) -> Places:
    """Return the rows of ``published.frame`` that are asked for, in their order.

    Raises:
        UsageError: no row has a value, a series is not published, or no row is left.
    """
    frame, project = published.frame, published.project
    kept = pl.Series([True]).new_from_index(0, frame.height)
    if ask.rows == "asked":
        kept &= frame[BY_DEFAULT]
    if ask.where:
        known = Known(project, contract, published.statics)
        kept &= meant_rows(frame, {name: list(values) for name, values in ask.where.items()}, known)
    if ask.series:
        kept &= _of_series(published, ask)
    days = frame[project.time]
    if not kept.any():
        raise UsageError(
            "no row of the series asked for is published",
            "where, series",
            'leave one condition out, or ask for "rows": "all"',
        )
    there = days.filter(kept)
    if ask.first is not None:
        kept &= days >= ask.first
    if ask.last is not None:
        kept &= days <= ask.last
    if not kept.any():
        raise UsageError(
            f"no row lies from {ask.first or 'the first day'} to {ask.last or 'the last'}",
            "first, last",
            f"the rows run from {there.min()!s} to {there.max()!s}",
        )
    return np.flatnonzero(kept.to_numpy()).astype(np.int64)


def _of_series(published: Published, ask: Ask) -> pl.Series:
    """Return whether each published row is of one of the series named by their keys.

    Raises:
        UsageError: one of them is not published.
    """
    keys = list(published.project.keys)
    for one in ask.series:
        if one not in published.series:
            shown = ", ".join(f"{name}={value}" for name, value in zip(keys, one, strict=True))
            raise UsageError(
                f"there is no series {shown}",
                "series",
                "POST /predict answers series without history",
            )
    wanted = np.array([published.series[one] for one in ask.series])
    rows = published.place[wanted]
    mine = np.zeros(published.frame.height, dtype=np.bool_)
    mine[rows[rows >= 0]] = True
    return pl.Series(mine)
