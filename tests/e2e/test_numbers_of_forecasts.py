"""The forecast explorer of real Walmart: every number and chart against the files of its home."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from foresell.serving.site import Site
from tests.dashboard_site import get, site_of
from tests.explored_claims import (
    Subject,
    W,
    claim_form,
    claim_large,
    claim_list,
    claim_small,
    claim_together,
    facts,
)
from tests.explored_truth import EDGES, KEYS, Explored
from tests.page_numbers import claimed
from tests.page_words import day, heading, line

pytestmark = [pytest.mark.slow, pytest.mark.realdata]


@pytest.fixture(scope="module")
def site(looked_home: Path) -> Site:
    return site_of(looked_home, "walmart")


@pytest.fixture(scope="module")
def truth(looked_home: Path) -> Explored:
    return Explored(looked_home)


def _of(store: int, dept: int) -> pl.Expr:
    return (pl.col("Store") == store) & (pl.col("Dept") == dept)


def _series(truth: Explored, store: int, dept: int, baseline: str = "") -> Subject:
    mine = _of(store, dept)
    lines = truth.lines(mine, whole=False, baseline=baseline)
    return Subject(f"Store {store}, Dept {dept}", lines, truth.numbers(lines, mine))


def _store(truth: Explored, store: int) -> Subject:
    mine = pl.col("Store") == store
    lines = truth.lines(mine, level="Store")
    return Subject(f"Store {store}", lines, truth.numbers(lines, mine))


def _gappy(truth: Explored) -> tuple[int, int]:
    """The first series that was observed in some weeks of the test and not in others."""
    counts = truth.judged.group_by(KEYS).len().filter(pl.col("len").is_between(20, 35))
    store, dept = counts.sort(KEYS).select(KEYS).row(0)
    return store, dept


def test_all_series_are_their_sum(site: Site, truth: Explored) -> None:
    lines = truth.lines(level="total")
    whole = Subject("All series", lines, truth.numbers(lines))
    with claimed(site, W) as page:
        claim_form(page, truth)
        facts(page, whole, truth.best)
        claim_large(page, whole, truth, truth.best)
        asked = truth.published["by_default"].sum()
        line(page, "source asked for", f"{asked:,}", f"{truth.published.height:,}")
        claim_list(page, truth, truth.listed)


def test_one_series_is_the_rows_of_its_files(site: Site, truth: Explored) -> None:
    one = _series(truth, 1, 1)
    with claimed(site, f"{W}?series=1/1") as page:
        claim_form(page, truth, chips=["Store 1, Dept 1"])
        facts(page, one, truth.best)
        claim_large(page, one, truth, truth.best)
        claim_list(page, truth, truth.listed)


def test_a_past_fold_stands_beside_the_baseline_that_is_asked_for(
    site: Site, truth: Explored
) -> None:
    first, last = truth.cut.replace(day=1, month=1), truth.last
    one = _series(truth, 1, 1, "naive")
    cut = one.windowed(first, last)
    query = f"series=1/1&baseline=naive&from={first}&to={last}"
    with claimed(site, f"{W}?{query}") as page:
        claim_form(page, truth, chips=["Store 1, Dept 1"], window=cut.lines)
        for name, value in (("from", first), ("to", last)):
            page.field(name, value.isoformat())
        facts(page, one, "naive")
        claim_large(page, cut, truth, "naive")
        claim_list(page, truth, truth.listed)


def test_several_series_have_a_chart_each(site: Site, truth: Explored) -> None:
    store, dept = _gappy(truth)
    subjects = [_series(truth, 1, 1), _series(truth, store, dept)]
    with claimed(site, f"{W}?series=1/1&series={store}/{dept}&view=each") as page:
        claim_form(page, truth, chips=[one.label for one in subjects], drawn=2)
        heading(page, "2 series")
        line(page, "beside its change", day(truth.days[-1]))
        for at, one in enumerate(subjects, start=1):
            claim_small(page, f"small-{at}", one, truth)
        own = [truth.published.filter(_of(1, 1)), truth.published.filter(_of(store, dept))]
        counted = sum(one["by_default"].sum() for one in own)
        assert counted < sum(one.height for one in own)
        line(page, "source asked for", f"{counted}", f"{sum(one.height for one in own)}")
        claim_list(page, truth, truth.listed)


def test_several_series_share_one_chart(site: Site, truth: Explored) -> None:
    subjects = [_series(truth, 1, 1), _series(truth, 1, 2)]
    with claimed(site, f"{W}?series=1/1&series=1/2&view=one") as page:
        claim_form(page, truth, chips=[one.label for one in subjects], drawn=2, key=False)
        heading(page, "2 series")
        line(page, "beside its change", day(truth.days[-1]))
        claim_together(page, subjects, truth)
        claim_list(page, truth, truth.listed)


def test_a_store_is_the_sum_of_its_series_in_the_band_of_its_level(
    site: Site, truth: Explored
) -> None:
    listed = truth.listed.filter(pl.col("Store") == 1)
    whole, own = _store(truth, 1), truth.published.filter(pl.col("Store") == 1)
    with claimed(site, f"{W}?f.Store=1") as page:
        claim_form(page, truth, chips=["Store 1"], matched=listed, picked="Store 1")
        facts(page, whole, truth.best)
        claim_large(page, whole, truth, truth.best)
        counted = own["by_default"].sum()
        line(page, "source asked for", f"{counted:,}", f"{own.height:,}")
        claim_list(page, truth, listed)


def test_a_sum_of_two_stores_has_no_band_and_its_list_can_be_in_any_order(
    site: Site, truth: Explored
) -> None:
    mine = pl.col("Store").is_in([1, 2])
    lines, own = truth.lines(mine), truth.published.filter(mine)
    both = Subject("Store 1 or Store 2", lines, truth.numbers(lines, mine))
    listed = truth.listed.filter(mine).sort(
        "error", *KEYS, descending=[True, False, False], nulls_last=True
    )
    with claimed(site, f"{W}?f.Store=1&f.Store=2&sort=error&page=2") as page:
        chips = ["Store 1", "Store 2"]
        claim_form(page, truth, chips=chips, matched=listed, picked="Store 1 and 2", banded=False)
        facts(page, both, truth.best)
        claim_large(page, both, truth, truth.best)
        counted = own["by_default"].sum()
        line(page, "source asked for", f"{counted:,}", f"{own.height:,}")
        claim_list(page, truth, listed, number=2)


def test_every_node_of_a_level_has_a_chart(site: Site, truth: Explored) -> None:
    sizes = truth.listed.group_by("Store").agg(pl.col("size").sum())
    stores = sizes.sort("size", descending=True)["Store"].to_list()
    with claimed(site, f"{W}?view=level&level=Store") as page:
        claim_form(page, truth)
        line(page, "beside its change", day(truth.days[-1]))
        for at, store in enumerate(stores[:12], start=1):
            claim_small(page, f"small-{at}", _store(truth, store), truth)
        line(page, "are drawn", "12", f"{len(stores)}")
        asked = truth.published.filter(pl.col("Store").is_in(stores[:12]))
        counted = asked["by_default"].sum()
        line(page, "source asked for", f"{counted:,}", f"{asked.height:,}")
        claim_list(page, truth, truth.listed)


def test_a_file_holds_exactly_what_is_drawn(site: Site, truth: Explored) -> None:
    store, dept = _gappy(truth)
    keyed = [(1, 1), (store, dept)]
    drawn = [
        _series(truth, *keys, "naive").lines.select(
            version=pl.lit(truth.version),
            Store=pl.lit(keys[0]),
            Dept=pl.lit(keys[1]),
            date="date",
            part="part",
            actual="y",
            prediction="prediction",
            **{name: pl.col(name) for name in EDGES},
            baseline_naive="baseline",
        )
        for keys in keyed
    ]
    query = f"series=1/1&series={store}/{dept}&view=each&baseline=naive"
    _holds(site, "explored", query, drawn)


def test_a_file_of_a_store_holds_its_sums(site: Site, truth: Explored) -> None:
    lines = _store(truth, 3).lines.rename({"y": "actual", "baseline": f"baseline_{truth.best}"})
    named = {"version": truth.version, "level": "Store", "Store": 3}
    head = [pl.lit(value).alias(name) for name, value in named.items()]
    _holds(site, "explored", "f.Store=3", [lines.select(*head, *lines.columns)])


def test_the_file_of_all_series_holds_the_numbers_of_the_list(site: Site, truth: Explored) -> None:
    got = get(site, f"{W}/files/series.csv?f.Store=1&f.Store=2")
    table = pl.read_csv(BytesIO(got.content), infer_schema_length=None)
    mine = truth.described.filter(pl.col("Store").is_in([1, 2]))
    numbers = truth.listed.select(*KEYS, "size", "ahead", "change", "error", "held", "seen")
    asked = mine.join(numbers, on=KEYS, how="left", maintain_order="left")
    assert table.columns[:4] == [*KEYS, "Type", "Size"]
    _same(table, asked.rename(dict(zip(asked.columns, table.columns, strict=True))))


def _holds(site: Site, name: str, query: str, drawn: Sequence[pl.DataFrame]) -> None:
    asked = pl.concat(drawn)
    got = get(site, f"{W}/files/{name}.parquet?{query}")
    assert got.status_code == 200, got.text
    table = pl.read_parquet(BytesIO(got.content))
    assert table.columns == asked.columns
    _same(table, asked)
    text = get(site, f"{W}/files/{name}.csv?{query}").content
    _same(pl.read_csv(BytesIO(text), try_parse_dates=True, infer_schema_length=None), asked)


def _same(table: pl.DataFrame, asked: pl.DataFrame) -> None:
    """Compare every value; a sum in another order may differ in its last digits."""
    assert_frame_equal(
        table, asked, check_dtypes=False, check_exact=False, rel_tol=1e-9, abs_tol=1e-6
    )
