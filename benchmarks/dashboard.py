"""How long the forecast explorer takes to answer a filter, beside a plain Polars filter.

``python -m benchmarks.dashboard [--home HOME --project PROJECT] [--series N] [--times K]``: a
trained panel under HOME (Walmart has 3,331 series), and a made-up one of N series. Both answers say
what the series of a filter sold by week and what is forecast of them; the plain one reads the same
rows from memory, filters them and sums by week. The page does more: it finds the series, lists
them, names the band, and makes the HTML. They are run in turn, each as often, and the first answer
of a fresh process, which indexes the series, is told beside.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from foresell.bundle.bundle import Bundle
from foresell.dashboard.forecast.page import context
from foresell.dashboard.page import Visitor
from foresell.dashboard.pages import page_of
from foresell.dashboard.reading.shown import Shown
from foresell.dashboard.rendering import rendered
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project
from tests.dashboard_site import board_of, visit_of
from tests.explored_shops import LAST, fridays, shops_bundle, shops_shown

_WEEKS, _STEPS, _DEPTS = 143, 39, 81
_SEED = 20261121


def made_up(series: int) -> Bundle:
    """Return a bundle of so many series of 143 weeks, each forecast 39 weeks ahead."""
    chance = np.random.default_rng(_SEED)
    keys = pl.DataFrame({
        "shop": [f"shop {at // _DEPTS:04}" for at in range(series)],
        "dept": pl.Series([at % _DEPTS + 1 for at in range(series)], dtype=pl.Int64),
        "kind": [("big", "small")[at // _DEPTS % 2] for at in range(series)],
        "area": [500.0 + at // _DEPTS for at in range(series)],
    })
    past = _crossed(keys, fridays(1 - _WEEKS, _WEEKS)).with_columns(
        sales=pl.Series(chance.gamma(2.0, 400.0, series * _WEEKS))
    )
    ahead = _crossed(keys.select("shop", "dept"), fridays(1, _STEPS))
    point = pl.Series(chance.gamma(2.0, 400.0, ahead.height))
    levels = [f"q{level}" for level in (0.025, *(at / 10 for at in range(1, 10)), 0.975)]
    published = ahead.with_columns(
        by_default=pl.lit(value=True),
        prediction=point,
        **{name: point + 50.0 * (at - 5) for at, name in enumerate(levels)},
    )
    recent = past.filter(pl.col("week") > LAST - pl.duration(weeks=_STEPS))
    judged = recent.select(
        "shop",
        "dept",
        "week",
        y="sales",
        prediction=pl.col("sales") + 10.0,
        **{"q0.1": pl.col("sales") - 5.0, "q0.9": pl.col("sales") + 25.0},
    )
    whole = shops_bundle(history=past, published=published, judged=judged)
    cut = (LAST.toordinal() - 7 * _STEPS) - 719163
    told = {**whole.metadata, "judged_cutoff": np.datetime64(cut, "D").astype(str)}
    text = whole.project_text.replace("horizon: 4", f"horizon: {_STEPS}").replace(
        "test: 4, validation: [4]", f"test: {_STEPS}, validation: [{_STEPS}]"
    )
    return replace(whole, metadata=told, project_text=text)


def _crossed(keys: pl.DataFrame, weeks: Sequence[date]) -> pl.DataFrame:
    """Return every series at each of ``weeks``."""
    days = pl.DataFrame({"week": weeks}, schema={"week": pl.Date})
    return keys.join(days, how="cross", maintain_order="left_right")


def _page(shown: Shown, query: dict[str, str]) -> int:
    """Answer a filter with a whole page; return how large it is."""
    visit = visit_of(shown, query)
    made = context(visit)
    page = page_of("forecast", "panel")
    return len(rendered(page, made, replace(visit, visitor=Visitor()), keyed=False))


def _figure(shown: Shown, query: dict[str, str]) -> int:
    """Answer the chart of the same filter; return how many layers it has."""
    figure = next(iter(context(visit_of(shown, query)).figures.values()))
    return len(figure.draw(1040)["layer"])


def _plain(bundle: Bundle, spec: ProjectSpec, column: str, value: str) -> int:
    """Filter and sum the same rows as anybody would; return how many weeks there are."""
    own = pl.col(column).cast(pl.String) == value
    keys = bundle.history.filter(own).select(spec.keys).unique()
    past = bundle.history.filter(own).group_by(spec.time).agg(pl.col(spec.target).sum())
    ahead = bundle.published.join(keys, on=list(spec.keys), how="semi")
    said = ahead.filter("by_default").group_by(spec.time).agg(pl.col("prediction").sum())
    return past.height + said.height


def _measure(name: str, shown: Shown, column: str, value: str, times: int) -> None:
    """Print how long one filter takes, and the first page of all."""
    bundle = shown.bundle(shown.version())
    spec = parse_project(bundle.project_text, "bundle/project.yaml")
    first = _timed(lambda: _page(shown, {}))
    query = {f"f.{column}": value}
    size = _page(shown, query)
    works: dict[str, Callable[[], int]] = {
        f"page of {column}={value}": lambda: _page(shown, query),
        f"chart of {column}={value}": lambda: _figure(shown, query),
        "page of everything": lambda: _page(shown, {}),
        "page of a search": lambda: _page(shown, {"q": value}),
        "page of twelve side by side": lambda: _page(shown, {"view": "each"}),
        f"Polars: filter {column}={value}, sum by week": lambda: _plain(
            bundle, spec, column, value
        ),
    }
    taken: dict[str, list[float]] = {what: [] for what in works}
    for _ in range(times):  # in turn, so that whatever else runs here slows all of them alike
        for what, work in works.items():
            taken[what].append(_timed(work))
    total = context(visit_of(shown)).total
    print(f"{name}: {total:,} series, page {size / 1000:.0f} KB, first page {1000 * first:.0f} ms")
    for what, seconds in taken.items():
        each = f"median {1000 * median(seconds):6.1f} ms, worst {1000 * max(seconds):6.1f} ms"
        print(f"  {what:<44} {each}")


def _timed(work: Callable[[], object]) -> float:
    """Return the seconds of one answer."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--project", default="walmart")
    parser.add_argument("--filter", default="Store=3", help="COLUMN=VALUE of that project")
    parser.add_argument("--series", type=int, default=30_000)
    parser.add_argument("--times", type=int, default=15)
    said = parser.parse_args()
    if said.home is not None:
        column, _, value = said.filter.partition("=")
        shown = board_of(said.home, said.project).projects[said.project]
        _measure(said.project, shown, column, value, said.times)
    if said.series:
        shown = shops_shown(made_up(said.series), files={})
        _measure("made up", shown, "shop", "shop 0007", said.times)


if __name__ == "__main__":
    main()
