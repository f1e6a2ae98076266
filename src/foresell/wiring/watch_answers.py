"""What a version says of rows that are given, as far as that is known."""

from importlib.util import find_spec

import numpy as np
import polars as pl

from foresell.monitor.comparing import PREDICTION
from foresell.wiring.watch_served import Watch

_MOST = 50_000  # rows of a table that are answered: their shares are exact enough


def answers_to(watch: Watch, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what a version answers: `PREDICTION`, of a panel beside its keys and time.

    Of a panel the published answers to these series and days. Of a table those rows that can be
    answered, some of very many, drawn by the project's seed. Empty where nothing is known: without
    what names or makes up a row, and without the library that runs graphs.
    """
    return _published(watch, rows) if watch.spec.kind == "panel" else _answered(watch, rows)


def _published(watch: Watch, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the published answers to rows of a panel."""
    spec, published = watch.spec, watch.bundle.published
    by = [*spec.keys, spec.time]
    if published.is_empty() or not set(by) <= set(rows.columns):
        return pl.DataFrame()
    told = published.select(*by, PREDICTION)
    return told.join(rows.select(by).unique(), on=by, how="semi", maintain_order="left")


def _answered(watch: Watch, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the answers to rows of a table that can be answered."""
    features = watch.spec.with_role("feature")
    needed = [name for name in features if watch.contract.columns[name].required]
    if find_spec("onnxruntime") is None or not set(needed) <= set(rows.columns):
        return pl.DataFrame()
    from foresell.answer.predicting import answer_rows  # noqa: PLC0415 - ONNX Runtime
    from foresell.answer.row_files import check_batch, row_form  # noqa: PLC0415 - as above

    known = rows.select(name for name in features if name in rows.columns).drop_nulls(needed)
    if known.height > _MOST:
        drawn = np.random.default_rng(watch.spec.seed).choice(known.height, _MOST, replace=False)
        known = known.sort(known.columns, nulls_last=True)[np.sort(drawn)]
    good = check_batch(known, row_form(watch.spec, watch.contract), "current", 1).frame
    if good.is_empty():
        return pl.DataFrame()
    return answer_rows(watch.bundle, good).select(PREDICTION)
