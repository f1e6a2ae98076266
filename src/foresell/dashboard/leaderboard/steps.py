"""The error against the horizon, as the report of the run draws it."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import polars as pl

from foresell.charts.errors_by import error_by_step
from foresell.charts.pointing import pointed
from foresell.charts.theme import Spec
from foresell.dashboard.leaderboard.reading import OUTPUT, Judged
from foresell.dashboard.leaderboard.weak_spots import TRUTH, against
from foresell.dashboard.page import Figure
from foresell.dashboard.reading.shown import Shown, broken
from foresell.errors import DataError
from foresell.evaluate.diagnostics import errors_by_step
from foresell.report import captions
from foresell.report.context import RunReport
from foresell.report.standing import Standing
from foresell.report.wording import listed

_OTHERS = 2  # candidates in the chart beside those that are compared


def by_step(shown: Shown, judged: Judged, rival: str, board: Sequence[str]) -> Figure | None:
    """Return the error against the horizon; None where every row is one step ahead.

    ``board``: the candidates of the leaderboard, best first.
    """
    if judged.folder or not isinstance(judged.result, RunReport):
        return None
    pair = list(dict.fromkeys([judged.held.champion, judged.rival, rival]))
    names = [*pair, *[name for name in board if name not in pair][:_OTHERS]]
    places = {name: _place(shown, name) for name in names}
    stamps = tuple(shown.stamp(*place) for place in [(OUTPUT, TRUTH), *places.values()])

    def errors() -> pl.DataFrame:
        """Return the errors by candidate and step."""
        keys = [*judged.spec.keys, judged.spec.time]
        truth = _columns(shown, (OUTPUT, TRUTH), [*keys, "step", "y"])
        said = {name: _columns(shown, at, [*keys, "prediction"]) for name, at in places.items()}
        return errors_by_step(truth, said, judged.spec)

    frame = shown.kept(("errors by step", *names), stamps, errors)
    result, held = replace(judged.result, by_step=frame), against(judged, rival)
    every = result.facts.every
    says = captions.steps(result, held)
    return Figure(
        name="steps",
        title=says,
        note=f"WAPE by {every}s ahead of the cutoff; lower is better.",
        says=f"Error by {every}s ahead of {listed(names, 6)}. {says}",
        draw=lambda width: _drawn(frame, held, every, width),
        rows=frame,
        size=(1040, 330),
    )


def _drawn(frame: pl.DataFrame, held: Standing, every: str, width: int) -> Spec:
    """Draw the errors by step, with what every candidate has at the step under the pointer."""
    spec = error_by_step(frame, champion=held.champion, baseline=held.baseline, width=width)
    names = frame["candidate"].unique(maintain_order=True).to_list()
    rest = [name for name in names if name not in {held.champion, held.baseline}]
    # Names may hold dots and brackets, which Vega would read as a way into an object.
    fields = {f"c{at}": name for at, name in enumerate([held.champion, held.baseline, *rest])}
    wide = frame.select("step").unique().sort("step")
    for field, name in fields.items():
        own = frame.filter(pl.col("candidate") == name).select("step", pl.col("wape").alias(field))
        wide = wide.join(own, on="step", how="left", maintain_order="left")
    tips = {"step": every.capitalize()} | fields
    return pointed(spec, wide, "step", tips, formats=dict.fromkeys(fields, ".1%"))


def _place(shown: Shown, name: str) -> tuple[str, str]:
    """Return where the judged forecast of a candidate lies, or of a baseline."""
    file = f"{name}.parquet"
    return ("baselines" if shown.stamp("predictions", file) is None else "predictions"), file


def _columns(shown: Shown, place: tuple[str, str], names: list[str]) -> pl.DataFrame:
    """Return some columns of a Parquet file, which has many more that nobody needs to hold.

    Raises:
        DataError: it is no Parquet file, or has no such columns.
    """
    try:
        return pl.read_parquet(BytesIO(shown.content(*place)), columns=names)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(*broken("/".join(place), shown.name)) from error
