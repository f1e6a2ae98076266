from collections import Counter
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from foresell.answer.varied import varied_rows
from foresell.bundle.bundle import Bundle
from foresell.errors import DataError
from foresell.wiring.load_questions import questions
from tests.small_bundles import small_bundle


def panel(project: str) -> Bundle:
    """Return a panel's bundle that has published two weeks of three shops."""
    rows = [(shop, date(2026, 1, day)) for shop in "abc" for day in (2, 9)]
    published = pl.DataFrame(rows, schema=["shop", "week"], orient="row")
    return replace(small_bundle(project, kind="panel"), published=published)


def test_a_bundle_without_rows_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="the bundle of 'toy' carries no rows to ask with"):
        varied_rows(small_bundle("toy"), 5, seed=1)


def test_rows_of_a_panel_are_published_ones_in_the_types_of_json() -> None:
    rows = varied_rows(panel("toy"), 100, seed=1)
    told = {(row["shop"], row["week"]) for row in rows}
    assert told == {(shop, f"2026-01-{day}") for shop in "abc" for day in ("02", "09")}
    assert len(rows) == 6


def test_every_project_is_asked_as_often_in_every_way_and_the_same_for_the_same_seed() -> None:
    bundles = {name: panel(name) for name in ("one", "two")}

    found = questions(bundles, 80, seed=3)

    assert found == questions(bundles, 80, seed=3)
    assert found != questions(bundles, 80, seed=4)
    assert Counter(str(one["path"]).split("/")[2] for one in found) == {"one": 40, "two": 40}
    ways = Counter(one["path"] for one in found if "/one/" in one["path"])
    assert set(ways) == {
        f"/projects/one/{way}"
        for way in ("predict", "predict/batch", "forecast", "metadata", "health")
    }
    assert ways["/projects/one/predict"] > 20
