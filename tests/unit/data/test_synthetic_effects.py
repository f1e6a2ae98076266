"""The effects written beside the data are the effects in the data."""

from collections.abc import Mapping
from math import cos, log, log1p, pi, sin, sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from foresell.spec.sources import Synthetic
from foresell.wiring.synthetic import write_synthetic
from tests.unit.data.effects_by_regression import (
    YEAR,
    Files,
    Found,
    calendar_columns,
    fit_units,
    fit_visitors,
    price_and_season,
)

# One product a category: its waves, promotions and stock are those of the category.
MADE = Synthetic(stores=24, products=4, start="2021-01-01", end="2024-12-31", seed=3)
CATEGORIES = ("grocery", "household", "apparel", "electronics")
# All intervals together miss a true value in 1 of 100 worlds: Bonferroni, at most 250 of them.
SIGMAS = float(stats.norm.isf(0.01 / 250 / 2))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = tmp_path_factory.mktemp("retailer") / "made"
    write_synthetic(MADE, root)
    (root / "truth").rename(root.parent / "truth")  # nobody reads it by mistake
    return Files(root)


@pytest.fixture(scope="module")
def days(files: Files) -> pl.DataFrame:
    return files.days()


@pytest.fixture(scope="module")
def visitors(files: Files, days: pl.DataFrame) -> Found:
    return fit_visitors(files, days)


def planted(files: Files, effect: str, **where: str) -> float:
    """The one true value of an effect."""
    rows = files.table("effects").filter(effect=effect, **where)
    if not where:
        rows = rows.filter(pl.col("store_id").is_null(), pl.col("level").is_null())
    assert rows.height == 1
    return float(rows["value"][0])


def misses(found: Found, truth: Mapping[str, float]) -> dict[str, float]:
    """By how many standard errors each estimate misses the truth."""
    return {name: (found.value[name] - true) / found.error[name] for name, true in truth.items()}


def assert_within(found: Found, truth: Mapping[str, float]) -> None:
    """Every true value lies within its interval, and the intervals are neither wide nor narrow.

    The misses of honest intervals have a root mean square of 1.
    """
    missed = misses(found, truth)
    assert {name: miss for name, miss in missed.items() if abs(miss) > SIGMAS} == {}
    typical = sqrt(sum(miss**2 for miss in missed.values()) / len(missed))
    assert 0.6 <= typical <= 1.5


def test_the_true_effects_on_visitors_come_back_from_the_traffic_files(
    files: Files, visitors: Found
) -> None:
    truth = {
        "payday": log1p(planted(files, "visitors_payday")),
        "gifts": planted(files, "visitors_gifts"),
        "rain": planted(files, "visitors_rain"),
        "temperature": planted(files, "visitors_temperature"),
        "floor": planted(files, "visitors_floor"),
    }
    effects = files.table("effects")
    for crowd in effects.filter(effect="visitors_crowd").to_dicts():
        truth[f"crowd {crowd['level']}"] = log(crowd["value"])
    for store in files.table("stores")["store_id"]:
        own = effects.filter(effect="visitors_weekday", store_id=store)
        factor = dict(zip(own["level"], own["value"], strict=True))
        truth[f"weekend {store}"] = log(factor["6"] / factor["1"])
        growth = effects.filter(pl.col("category").is_null(), effect="growth", store_id=store)
        truth[f"growth {store}"] = log1p(growth["value"][0])
    truth |= {f"weekday {k}": log(factor[str(k)] / factor["1"]) for k in (2, 3, 4, 5)}
    truth["weekday 7"] = log(factor["7"] / factor["6"])
    assert len(truth) == 5 + 17 + 2 * 24 + 5
    assert_within(visitors, truth)


def of_category(files: Files, category: str, store: str) -> dict[str, float]:
    """The true effects on the demand for a category, as the regression names them."""
    effects = files.table("effects").filter(category=category)
    product = files.table("products").filter(category=category)["product_id"][0]
    season = planted(files, "season", product_id=product)
    single = {
        row["effect"]: row["value"]
        for row in effects.filter(
            pl.col("store_id").is_null(), pl.col("level").is_null()
        ).to_dicts()
    }
    truth = {name: single[name] for name in ("gifts", "rain", "temperature", "floor", "elasticity")}
    truth["payday"] = log1p(single["payday"])
    for crowd in effects.filter(effect="crowd").to_dicts():
        truth[f"crowd {crowd['level']}"] = log(crowd["value"])
    own = effects.filter(effect="weekday", store_id=store)
    factor = dict(zip(own["level"], own["value"], strict=True))
    truth |= {f"weekday {k}": log(factor[str(k)] / factor["1"]) for k in (2, 3, 4, 5)}
    truth["weekday 7"] = log(factor["7"] / factor["6"])
    truth |= dict.fromkeys(("cos 1", "sin 1", "cos 2", "sin 2"), 0.0)
    for wave in effects.filter(effect="wave").to_dicts():
        times, _, _, _, peak = wave["level"].split(" ")
        turn = int(times) * float(peak) * 2 * pi / YEAR
        truth[f"cos {times}"] += season * wave["value"] * cos(turn)
        truth[f"sin {times}"] += season * wave["value"] * sin(turn)
    return truth


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_true_effects_on_demand_come_back_from_the_sales_files(
    files: Files, days: pl.DataFrame, category: str
) -> None:
    sold = files.sold(days, category)
    found = fit_units(files, sold, calendar_columns(files, sold) | price_and_season(sold))
    truth = of_category(files, category, "S0001")
    assert len(truth) == 6 + 17 + 5 + 4
    assert_within(found, truth)
    # The test can fail: an elasticity that is off by a third is refuted.
    assert misses(found, {"elasticity": truth["elasticity"] * 4 / 3})["elasticity"] < -SIGMAS
    for name in ("elasticity", "floor"):  # found, not merely not refuted
        assert found.value[name] > SIGMAS * found.error[name]
        assert SIGMAS * found.error[name] < 0.6
    # A shop has only eight half-years, too few for an interval of its own growth: the mean over
    # shops has one, from how the shops differ.
    effects = files.table("effects").filter(effect="growth")
    shared = log1p(effects.filter(category=category)["value"][0])
    missed = [
        found.value[f"growth {store}"] - shared - log1p(growth)
        for store, growth in effects.drop_nulls("store_id").select("store_id", "value").iter_rows()
        if f"growth {store}" in found.value
    ]
    assert len(missed) >= 12
    quantile = stats.t.isf(0.01 / 250 / 2, len(missed) - 1)
    assert abs(np.mean(missed)) < quantile * np.std(missed, ddof=1) / sqrt(len(missed))


@pytest.mark.parametrize("category", CATEGORIES)
def test_visitors_nobody_could_expect_buy_as_the_true_effect_says(
    files: Files, days: pl.DataFrame, visitors: Found, category: str
) -> None:
    sold = files.sold(days.with_columns(surprise=pl.Series(visitors.residual)), category)
    columns = calendar_columns(files, sold) | price_and_season(sold)
    found = fit_units(files, sold, columns | {"traffic": sold["surprise"].to_numpy()})
    miss = misses(found, {"traffic": planted(files, "traffic", category=category)})["traffic"]
    assert abs(miss) < SIGMAS
    assert found.value["traffic"] > SIGMAS * found.error["traffic"]


def test_nothing_of_the_truth_is_needed_to_read_the_files(files: Files) -> None:
    assert not Path(files.root / "truth").exists()
    assert files.table("sales").height == 24 * 4 * 1461
