"""What only foretells the target well, or knows nothing of it, is never refused."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.data.leak_classes import round_number
from foresell.data.leakage import check_leaks, find_leaks
from tests.unit.data.leaks import deals, size, tabular, the_one

INNOCENT: Mapping[str, pl.Expr] = {
    "foretells well": pl.col("sales") * (1 + pl.col("noise") / 100),
    "foretells very well": pl.col("sales") + pl.col("noise") * 10,
    "classes of something near": size(pl.col("sales") + pl.col("noise") * 100),
    "place in the file": pl.int_range(pl.len()),
    "one value": pl.lit("x"),
    "no value": pl.lit(None, pl.Float64),
    "nearly always zero": pl.when(pl.int_range(pl.len()) == 3).then(pl.col("sales")).otherwise(0.0),
    "one row apart": pl.int_range(pl.len()) == 3,
    "name of the row": pl.format("id-{}", pl.int_range(pl.len())),
    "date": pl.date(2020, 1, 1) + pl.duration(days=(pl.col("sales") / 10).round().cast(pl.Int64)),
}


@pytest.mark.parametrize("kind", INNOCENT)
def test_a_column_that_only_foretells_is_left_alone(kind: str) -> None:
    frame = deals().with_columns(other=INNOCENT[kind])

    assert find_leaks(frame, tabular({"other": "feature"})) == ()


def test_goods_with_prices_far_apart_are_reported_and_not_refused() -> None:
    frame = deals().with_columns(kind=pl.int_range(pl.len()) % 3)
    frame = frame.with_columns(
        sales=pl.col("kind") * 50_000 + pl.col("sales"), kind=pl.format("kind {}", "kind")
    )

    finding = the_one(frame, tabular({"kind": "feature"}))

    assert (finding.verdict, finding.note) == ("report", "the world may be made so")
    assert finding.evidence == (
        "each of its values has a range of sales to itself, and the ranges lie apart"
    )


def test_a_closed_shop_that_sells_nothing_is_reported_and_not_refused() -> None:
    frame = deals().with_columns(open=pl.int_range(pl.len()) % 7 != 0)
    frame = frame.with_columns(sales=pl.when("open").then("sales").otherwise(0.0))

    finding = the_one(frame, tabular({"open": "feature"}))

    assert finding.verdict == "report"
    assert finding.evidence == "sales is always 0 where it is 'False'"


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 400),
    kind=st.sampled_from(["cents", "counts", "zeros", "constant", "capped", "tiny"]),
)
def test_columns_that_know_nothing_of_the_target_are_never_refused(
    seed: int, rows: int, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    target = {
        "cents": rng.gamma(2, 500, rows).round(2),
        "counts": rng.poisson(3, rows).astype(float),
        "zeros": rng.poisson(0.05, rows).astype(float),
        "constant": np.full(rows, 7.0),
        "capped": np.minimum(rng.gamma(2, 500, rows), 900.0),
        "tiny": rng.normal(0, 1e-9, rows),
    }[kind]
    frame = pl.DataFrame({
        "sales": target,
        "noise": rng.normal(size=rows),
        "word": rng.choice(["a", "b", "c"], rows),
        "flag": rng.integers(0, 2, rows).astype(bool),
        "count": rng.integers(0, 6, rows),
        "other": rng.integers(0, 6, rows),
        "holes": np.where(rng.uniform(size=rows) < 0.5, np.nan, rng.normal(size=rows)),
        "id": np.arange(rows),
    }).with_columns(pl.col("holes").fill_nan(None))
    project = tabular(dict.fromkeys(frame.columns[2:], "feature"))

    assert find_leaks(frame, project) == ()


@pytest.mark.parametrize("rows", [0, 1, 2, 20])
def test_a_few_rows_prove_nothing(rows: int) -> None:
    frame = deals(rows).with_columns(size=size(pl.col("sales")), copy=pl.col("sales") * 2)

    assert find_leaks(frame, tabular({"size": "feature", "copy": "feature"})) == ()


def test_rows_without_a_target_say_nothing() -> None:
    frame = deals().with_columns(size=size(pl.col("sales")))
    empty = frame.with_columns(sales=pl.lit(None, pl.Float64))
    holes = pl.concat([frame, frame.with_columns(sales=pl.lit(float("nan")), size=pl.lit("S"))])

    project = tabular({"size": "feature"})

    assert find_leaks(empty, project) == ()
    assert the_one(holes, project).evidence == "bins sales at 3,000 and 7,000"


def test_a_large_table_is_sampled_and_gives_the_same_report_each_time() -> None:
    frame = deals(450_000).with_columns(size=size(pl.col("sales")))
    project = tabular({"size": "feature"})

    first, again = check_leaks(frame, project), check_leaks(frame.lazy(), project)

    assert first == again
    assert 195_000 < first.rows < 205_000
    assert first.findings[0].evidence == "bins sales at 3,000 and 7,000"


@pytest.mark.parametrize(
    ("below", "above", "round_"),
    [
        (2999.97, 3002.4, 3000),
        (6996.42, 7016.31, 7000),
        (3000, 3000.01, 3000.01),
        (-3, 4, 0),
        (-1, 0, 0),
        (0, 0.3, 0.2),
        (0.13, 0.27, 0.2),
        (0.14, 0.19, 0.15),
        (-250, -190, -200),
        (4, 5, 5),
    ],
)
def test_the_roundest_number_above_one_and_up_to_the_other_is_the_edge(
    below: float, above: float, round_: float
) -> None:
    assert round_number(below, above) == round_


@given(below=st.floats(-1e9, 1e9, allow_subnormal=False), gap=st.floats(1e-6, 1e9))
def test_an_edge_lies_above_the_lower_class_and_not_above_the_upper(
    below: float, gap: float
) -> None:
    above = below + gap

    if below < above:
        assert below < round_number(below, above) <= above
