"""What a version says of rows that are given, as far as that is known."""

from importlib.util import find_spec

import numpy as np
import polars as pl

from foresell.monitor.predictions import ANSWER, PREDICTION
from foresell.wiring.watch_served import Watch

_PLACE = "__place"
_MOST = 50_000  # rows of a table that are answered: their shares are exact enough


def published_answers(watch: Watch, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the published answers to rows of a panel: `PREDICTION` beside its keys and time.

    Empty without what names a row.
    """
    spec, published = watch.spec, watch.bundle.published
    by = [*spec.keys, spec.time]
    if published.is_empty() or not set(by) <= set(rows.columns):
        return pl.DataFrame()
    told = published.select(*by, PREDICTION)
    return told.join(rows.select(by).unique(), on=by, how="semi", maintain_order="left")


def with_answers(watch: Watch, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of a table with what the version answers to each, in the column `ANSWER`.

    Null where a row cannot be answered, and of very many rows where it is not drawn (by the
    project's seed). As they are where none can be: without what makes up a row, and without the
    library that runs graphs.
    """
    features = watch.spec.with_role("feature")
    needed = [name for name in features if watch.contract.columns[name].required]
    there = [name for name in features if name in rows.columns]
    if find_spec("onnxruntime") is None or not set(needed) <= set(there) or rows.is_empty():
        return rows
    from foresell.answer.predicting import answer_rows  # noqa: PLC0415 - ONNX Runtime
    from foresell.answer.row_files import check_batch, row_form  # noqa: PLC0415 - as above

    known = rows.select(*there, pl.int_range(pl.len()).alias(_PLACE)).drop_nulls(needed)
    if known.height > _MOST:
        drawn = np.random.default_rng(watch.spec.seed).choice(known.height, _MOST, replace=False)
        known = known.sort(there, nulls_last=True)[np.sort(drawn)]
    asked = known.drop(_PLACE)
    checked = check_batch(asked, row_form(watch.spec, watch.contract), "current", 0)
    if checked.frame.is_empty():
        return rows
    places = known[_PLACE].gather(checked.rows.cast(pl.Int64))
    told = pl.DataFrame({
        _PLACE: places,
        ANSWER: answer_rows(watch.bundle, checked.frame)[PREDICTION],
    })
    numbered = rows.with_columns(pl.int_range(pl.len()).alias(_PLACE))
    return numbered.join(told, on=_PLACE, how="left", maintain_order="left").drop(_PLACE)
