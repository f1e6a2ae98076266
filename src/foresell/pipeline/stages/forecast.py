"""forecast: every row that was asked for, answered from the bundle."""

import polars as pl

from foresell.answer.rows import answer, horizon_rows, out_of_reach
from foresell.bundle.bundle import read_bundle
from foresell.pipeline.work import Work


def run(work: Work) -> None:
    """Write ``forecast/``: every series to the horizon, and the rows the source asked for.

    ``horizon.parquet``: all series, all steps after the last observed period. ``forecast.parquet``:
    the rows of the project's ``asked`` file, or those of the horizon where there is none.
    ``unanswered.csv``: asked rows that lie out of reach, with the reason; empty as a rule.
    """
    bundle, out = read_bundle(work.inputs["bundle"]), work.outputs["forecast"]
    landing = work.inputs["landing"]
    asked = landing.read_frame("asked.parquet") if "asked.parquet" in landing.list() else None
    reach = horizon_rows(bundle, asked)
    horizon = answer(bundle, reach)
    out.write_frame("horizon.parquet", horizon)
    if asked is None:
        out.write_frame("forecast.parquet", horizon)
        work.note(f"{horizon.height:,} rows answered")
        return
    reasons = out_of_reach(bundle, asked)
    near = asked.filter(reasons.is_null())
    answered = answer(bundle, near) if near.height else horizon.clear()
    out.write_frame("forecast.parquet", answered)
    left = asked.with_columns(reasons.alias("reason")).filter(pl.col("reason").is_not_null())
    out.write_bytes("unanswered.csv", left.write_csv().encode())
    work.note(f"{answered.height:,} rows answered, {left.height:,} out of reach")
