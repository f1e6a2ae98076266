"""A description as a whole: the same for the same rows, complete, and nothing personal in it."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresell.eda.describe import EdaContext, describe
from foresell.eda.tables import KEYS, TABLES, column_names, shape
from foresell.errors import DataError
from foresell.spec.project import ProjectSpec
from tests.described import (
    ORDERS,
    SHOPS,
    contract_of,
    described,
    order_rows,
    renamed,
    shop_rows,
    text_of,
)

ROWS = {"panel": (shop_rows(), SHOPS), "tabular": (order_rows(), ORDERS)}


@pytest.mark.parametrize("kind", ROWS)
@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_changes_nothing(kind: str, seed: int) -> None:
    frame, project = ROWS[kind]
    mixed = frame[np.random.default_rng(seed).permutation(frame.height)]

    assert text_of(described(mixed, project)) == text_of(described(frame, project))


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = []
    for threads in ("1", "4"):
        monkeypatch.setenv("POLARS_MAX_THREADS", threads)
        command = [sys.executable, "-m", "tests.described"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        digests.append(done.stdout.split())

    assert digests[0] == digests[1]
    assert len(digests[0]) == 2


@pytest.mark.parametrize("kind", ROWS)
def test_every_table_has_the_columns_that_are_promised_and_a_sentence(kind: str) -> None:
    frame, project = ROWS[kind]
    eda = described(frame, project)

    told = {
        name: (one["columns"], one["says"], one["rows"]) for name, one in eda.told["tables"].items()
    }
    assert told == {
        name: (list(column_names(name, project.keys)), shape(name).says, table.height)
        for name, table in eda.tables.items()
    }
    assert all(kind in shape(name).of for name in eda.tables)
    assert all(table.height for table in eda.tables.values())


def test_shops_have_every_table_of_a_panel() -> None:
    asked = pl.DataFrame({"shop": [9], "item": ["item 0"], "week": [shop_rows()["week"].max()]})
    eda = described(shop_rows(), SHOPS, asked)

    expected = {name for name, one in TABLES.items() if "panel" in one.of} - {"top_", "leaks"}
    expected -= {"pile_ups"}  # nothing piles up there
    assert set(eda.tables) - {"pile_ups"} == expected | {"top_shop", "top_item"}
    assert eda.told["facts"]["asked"]["new_series"] == 1


def test_every_number_is_one_that_json_has_a_word_for() -> None:
    for frame, project in ROWS.values():
        eda = described(frame, project)
        json.dumps(eda.told, allow_nan=False)
        for table in eda.tables.values():
            for name, kind in table.schema.items():
                assert kind != pl.Float64 or table[name].drop_nulls().is_finite().all()


def test_findings_are_ranked_and_point_to_a_table_that_is_there() -> None:
    for frame, project in ROWS.values():
        eda = described(frame, project)
        found = eda.told["findings"]
        assert [one["rank"] for one in found] == list(range(1, len(found) + 1))
        assert {one["about"] for one in found} <= set(eda.tables)
        assert all(one["says"].endswith(".") and "nan" not in one["says"] for one in found)


def test_a_personal_column_is_named_and_not_read() -> None:
    columns = described(*ROWS["tabular"]).tables["columns"]

    personal = columns.filter(pl.col("role") == "personal").row(0, named=True)
    assert (personal["column"], personal["n"], personal["commonest"]) == ("customer", None, None)


def test_a_key_that_is_called_as_a_column_of_the_tables_is_told_apart() -> None:
    project = renamed(renamed(SHOPS, "item", "kind"), "shop", "n")
    frame = shop_rows().rename({"item": "kind", "shop": "n"})
    contract = contract_of(shop_rows().columns)
    eda = describe(frame, project, contract, EdaContext(rows="all", of=frame.height))
    plain = described(shop_rows(), SHOPS).tables

    for name in ("series", "cold_starts", "extremes"):
        told = eda.tables[name].rename({"kind_": "item", "n_": "shop"})
        assert told.equals(plain[name])


@pytest.mark.parametrize("project", [SHOPS, ORDERS])
def test_no_row_is_refused(project: ProjectSpec) -> None:
    frame, _ = ROWS[project.kind]
    contract = contract_of(frame.columns)

    with pytest.raises(DataError, match="no row to describe"):
        describe(frame.clear(), project, contract, EdaContext(rows="train", of=3))


@pytest.mark.parametrize("weeks", [1, 2, 3])
def test_a_panel_of_few_periods_can_be_described(weeks: int) -> None:
    eda = described(shop_rows(shops=2, items=1, weeks=weeks), SHOPS)

    assert eda.told["facts"]["periods"] == weeks


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_table_of_few_rows_can_be_described(n: int) -> None:
    assert described(order_rows(n), ORDERS).told["facts"]["target"]["n"] == n


def test_a_target_that_is_missing_everywhere_can_be_described() -> None:
    for frame, project in ROWS.values():
        none = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias("sales"))
        facts = described(none, project).told["facts"]["target"]
        assert (facts["n"], facts["missing"], facts["mean"]) == (0, frame.height, None)


def test_a_target_of_zeros_can_be_described() -> None:
    for frame, project in ROWS.values():
        facts = described(frame.with_columns(sales=pl.lit(0)), project).told["facts"]["target"]
        assert (facts["zeros"], facts["sum"]) == (frame.height, 0.0)


def test_a_daily_panel_is_told_by_weekday_and_its_gaps_by_month() -> None:
    frame = shop_rows(shops=2, items=1, weeks=90)
    first = frame["week"].min()
    days = (pl.col("week") - pl.lit(first)).dt.total_days() // 7
    daily = frame.with_columns(week=pl.lit(first) + pl.duration(days=days)).with_columns(
        markdown=pl.when(pl.col("shop") > 0).then(pl.col("markdown"))
    )
    eda = described(daily, replace(SHOPS, frequency="D"))

    assert eda.tables["levels"]["part"].unique(maintain_order=True).to_list() == [
        "year",
        "month",
        "weekday",
    ]
    assert {day.day for day in eda.tables["missing_by_period"]["period"]} == {1}


def test_only_the_tables_of_series_hold_the_keys() -> None:
    assert {name for name, one in TABLES.items() if KEYS in one.columns} == {
        "series",
        "cold_starts",
        "extremes",
    }
