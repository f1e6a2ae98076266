import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from foresell.models.tabular import summary
from foresell.models.tabular.contributions import contributions
from foresell.models.tabular.summary import COLUMNS, importance_files
from tests.unit.models.tabular.explaining_toys import CANDIDATES, learner, project, table

RAW = ("units", "price", "north", "east", "line")


def heard(_: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    plain, _ = learner(relative=True)
    return importance_files(plain, table(40, 3, known=True), project(), heard)


def test_the_table_has_every_candidate_and_column_with_shares_of_one(
    files: dict[str, bytes],
) -> None:
    found = pl.read_csv(files["importance.csv"], schema=COLUMNS)

    assert set(found["candidate"]) == set(CANDIDATES)
    for (candidate,), own in found.group_by("candidate"):
        shares = 0.0 if candidate in {"mean", "median"} else 1.0
        assert set(own["name"]) == set(RAW)
        assert own["share"].sum() == pytest.approx(shares)
        assert own["mean_abs"].to_list() == sorted(own["mean_abs"], reverse=True)
        assert set(own["rows"]) == {40}


def test_sizes_are_means_over_the_rows_and_json_tells_them_with_base_and_mean_answer(
    files: dict[str, bytes],
) -> None:
    plain, _ = learner(relative=True)
    rows = table(40, 3, known=True)

    told = json.loads(files["importance.json"])["candidates"]

    for name in ("ridge", "xgboost", "greedy_ensemble", "median"):
        own, found = told[name], contributions(plain, name, rows)
        sizes = dict(zip(found.columns, np.abs(found.values).mean(axis=0), strict=True))
        assert own["base"] == pytest.approx(found.base)
        assert own["mean_prediction"] == pytest.approx(found.answers.mean())
        assert {one["name"]: one["mean_abs"] for one in own["columns"]} == pytest.approx(sizes)
        assert own["method"] == found.method


def test_the_order_of_rows_changes_no_byte(files: dict[str, bytes]) -> None:
    plain, _ = learner(relative=True)

    again = importance_files(plain, table(40, 3, known=True).reverse(), project(), heard)

    assert again == files


def test_the_picture_names_the_chosen_one_its_columns_and_the_unit(
    files: dict[str, bytes],
) -> None:
    picture = files["importance.svg"].decode()

    assert "What matters to greedy_ensemble" in picture
    assert "in USD" in picture
    assert all(f">{name}<" in picture for name in RAW)


def test_large_trees_are_explained_at_fewer_rows_and_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(summary, "_STEPS", 1.0)
    monkeypatch.setattr(summary, "FEWEST", 7)
    plain, _ = learner(relative=False)
    few = {"linear": plain.parts["linear"], "random_forest": plain.parts["random_forest"]}
    both = replace(
        plain,
        parts=few,
        ensembles={"simple_ensemble": {"linear": 0.5, "random_forest": 0.5}},
        chosen="linear",
    )
    said: list[str] = []

    found = importance_files(both, table(30, 3), project(), said.append)

    rows = pl.read_csv(found["importance.csv"]).group_by("candidate").agg(pl.col("rows").first())
    assert dict(rows.iter_rows()) == {
        "linear": 30,
        "random_forest": 7,
        "simple_ensemble": 7,
        "mean": 30,
        "median": 30,
    }
    assert said == [
        "taking apart what 2 candidates say of 30 test rows",
        "random_forest: large trees, explained at 7 of 30 rows",
    ]
