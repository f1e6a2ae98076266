import json

import numpy as np
import polars as pl
import pytest

from foresell.monitor.segments_moved import Segments, find_moved, to_json
from foresell.spec.monitoring import MonitoringSpec

LIMITS = MonitoringSpec()


def sales(seed: int, weeks: int, *, stores: int = 20) -> pl.DataFrame:
    """Stores of two types whose sales share each week's ups and downs."""
    draw = np.random.default_rng(seed)
    level = np.exp(np.linspace(0, 3, stores))
    week = np.exp(draw.normal(0, 0.3, weeks))
    values = level[:, None] * week * np.exp(draw.normal(0, 0.05, (stores, weeks)))
    return pl.DataFrame({
        "store": np.repeat(np.arange(stores), weeks),
        "type": np.where(np.repeat(np.arange(stores), weeks) % 2 == 0, "A", "B"),
        "week": np.tile(np.arange(weeks), stores),
        "sales": values.ravel(),
    })


def times(frame: pl.DataFrame, factor: float, store: int = 14) -> pl.DataFrame:
    own = pl.when(pl.col("store") == store).then(factor).otherwise(1.0)
    return frame.with_columns(pl.col("sales") * own)


def moved(current: pl.DataFrame, **given: str) -> Segments:
    named = {"target": "sales", "periods": "week", **given}
    return find_moved(sales(1, 10), current, ["store", "type"], LIMITS, **named)


@pytest.mark.parametrize("weeks", [1, 4])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_store_whose_sales_double_or_halve_is_named_beside_all_others(
    weeks: int, factor: float
) -> None:
    segments = moved(times(sales(2, weeks), factor))

    stores = [one for one in segments.findings if one.about.startswith("store")]
    assert [(one.seen, one.weight, one.about) for one in stores] == [
        ("segment", "alarm", "store=14")
    ]
    assert stores[0].numbers["ratio"] / stores[0].numbers["others"] == pytest.approx(  # type: ignore[operator]
        factor, rel=0.2
    )
    assert "store 14: sales is" in stores[0].says


def test_what_all_stores_do_together_moves_none() -> None:
    segments = moved(sales(2, 2).with_columns(pl.col("sales") * 5))

    assert segments.findings == ()
    assert len(segments.levels) == 22


def test_quiet_weeks_name_no_store() -> None:
    assert sum(moved(sales(seed, 1)).alarmed for seed in range(10, 60)) == 0


def test_a_store_that_hardly_sells_anything_is_a_note() -> None:
    scale = pl.when(pl.col("store") == 14).then(0.001).otherwise(1.0)
    sides = [frame.with_columns(pl.col("sales") * scale) for frame in (sales(1, 10), sales(2, 2))]

    segments = find_moved(
        sides[0], times(sides[1], 3.0), ["store"], LIMITS, target="sales", periods="week"
    )

    assert [(one.about, one.weight) for one in segments.findings] == [("store=14", "note")]
    assert not segments.alarmed


def test_rows_without_periods_are_compared_as_independent_ones() -> None:
    draw = np.random.default_rng(5)
    frame = pl.DataFrame({
        "type": draw.choice(["A", "B", "C"], 900),
        "sales": np.exp(draw.normal(0, 0.5, 900)),
    })
    own = pl.when(pl.col("type") == "B").then(1.8).otherwise(1.0)
    current = frame.sample(200, seed=1).with_columns(pl.col("sales") * own)

    segments = find_moved(frame, current, ["type"], LIMITS, target="sales")

    assert segments.levels[0].level == "B"
    assert segments.findings[0].about == "type=B"
    assert find_moved(frame, frame, ["type"], LIMITS, target="sales").findings == ()


def test_levels_that_cannot_be_compared_are_left_out() -> None:
    reference, current = sales(1, 10), sales(2, 1)
    new = current.filter(pl.col("store") == 0).with_columns(store=pl.lit(99, dtype=pl.Int64))
    negative = pl.when(pl.col("store") == 3).then(-1.0).otherwise("sales").alias("sales")

    segments = find_moved(
        reference,
        pl.concat([current, new]).with_columns(negative),
        ["store"],
        LIMITS,
        target="sales",
        periods="week",
    )

    assert {one.level for one in segments.levels} == {str(k) for k in range(20)} - {"3"}


def test_the_order_of_the_rows_changes_nothing_and_no_value_is_nan() -> None:
    current = times(sales(2, 3), 2.0)

    segments = moved(current)

    assert segments == moved(current.sample(fraction=1.0, shuffle=True, seed=1))
    json.dumps(to_json(segments), allow_nan=False)


def test_segments_of_a_heavy_tailed_target_without_periods_stay_quiet() -> None:
    seen = 0
    for seed in range(150):
        draw = np.random.default_rng(seed)
        before, now = (
            pl.DataFrame({
                "town": draw.choice(["a", "b", "c"], rows),
                "sales": np.exp(draw.normal(0, 1.5, rows)),
            })
            for rows in (2_000, 60)
        )
        seen += bool(find_moved(before, now, ["town"], LIMITS, target="sales").findings)
    assert seen <= 2


def test_a_segment_of_a_heavy_tailed_target_without_periods_is_found_when_it_moves() -> None:
    draw = np.random.default_rng(1)
    before, now = (
        pl.DataFrame({
            "town": draw.choice(["a", "b", "c", "d"], rows),
            "sales": np.exp(draw.normal(0, 1.0, rows)),
        })
        for rows in (5_000, 400)
    )
    one = pl.when(pl.col("town") == "b").then(3.0).otherwise(1.0)
    found = {}
    for name, factor in (("one", one), ("all", pl.lit(3.0))):
        side = now.with_columns(pl.col("sales") * factor)
        told = find_moved(before, side, ["town"], LIMITS, target="sales").findings
        found[name] = [finding.about for finding in told]
    assert found["one"][:1] == ["town=b"]
    assert found["all"] == []


def test_a_group_that_moved_by_one_of_its_stores_alone_is_a_note_that_says_so() -> None:
    segments = moved(times(sales(2, 4), 3.0, store=18))
    told = {one.about: (one.weight, one.says) for one in segments.findings}
    assert told["store=18"][0] == "alarm"
    assert [about for about, (weight, _) in told.items() if weight == "alarm"] == ["store=18"]
    assert "store" not in told["store=18"][1].partition(":")[2]
    assert told["type=A"][1].endswith("; store 18 explains it")


def test_a_group_whose_stores_all_moved_is_no_echo_of_any() -> None:
    twice = pl.when(pl.col("type") == "A").then(3.0).otherwise(1.0)
    segments = moved(sales(2, 4).with_columns(pl.col("sales") * twice))
    alarms = {one.about for one in segments.findings if one.weight == "alarm"}
    assert "type=A" in alarms
