"""The page over judged rows, and the same rows joined by hand."""

from io import BytesIO

import polars as pl

from foresell.dashboard.segments import page
from foresell.dashboard.segments.asked import Asked, Field
from tests.dashboard_site import visit_of
from tests.unit.dashboard.segments.tables import (
    CHAMPION,
    Files,
    judged_files,
    shown_of,
)

ORDERS, DISTRICTS = "sales_orders", "california_housing"
Query = dict[str, str | list[str]]
FILES = {name: judged_files(name) for name in (ORDERS, DISTRICTS)}


def looked(
    query: Query | None = None, name: str = ORDERS, files: Files | None = None
) -> page.Segments:
    shown = shown_of(name, FILES[name] if files is None else files, risk=None)
    return page.context(visit_of(shown, query))


def truth(name: str = ORDERS, folder: str = "") -> pl.DataFrame:
    """The judged rows, joined by hand: the truth, the champion's answers, the median's."""
    read = {
        key: pl.read_parquet(BytesIO(FILES[name][key]))
        for key in (
            ("evaluation", f"{folder}truth.parquet"),
            ("predictions", f"{folder}{CHAMPION}.parquet"),
            ("baselines", f"{folder}median.parquet"),
        )
    }
    own, said, base = read.values()
    answers = said.select("row", "prediction", "q0.1", "q0.9", "q0.025", "q0.975")
    return own.join(answers, on="row").join(base.select("row", base="prediction"), on="row")


def asked_of(context: page.Segments) -> Asked:
    assert context.asked is not None
    return context.asked


def field(context: page.Segments, column: str) -> Field:
    return next(one for one in asked_of(context).fields if one.facet.column == column)


def rows_of(context: page.Segments) -> set[int]:
    return set(asked_of(context).kept["row"].to_list())
