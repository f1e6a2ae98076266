"""The monitoring pages of real runs that were watched: every number against the files of looks."""

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from foresell import drift, performance
from foresell.serving.site import Site
from tests.dashboard_site import get, site_of
from tests.page_numbers import claimed
from tests.page_words import line, share
from tests.performance_claims import claim_performance
from tests.watched_claims import (
    Watched,
    claim_alerts,
    claim_drift,
    claim_movement,
    claim_schema,
    counted,
    iso,
)

pytestmark = [pytest.mark.slow, pytest.mark.realdata]
_LARGE = ("features", "judged", "predictions", "eda", "figures", "landing")  # no look reads them


@pytest.fixture(scope="module")
def watched(looked_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose data was looked at: orders three times, the last time dearer; Walmart judged.

    What came true of Walmart is made up: a tenth more or less than was forecast, by department.
    """
    home = tmp_path_factory.mktemp("watched") / "home"
    shutil.copytree(looked_home, home, ignore=shutil.ignore_patterns(*_LARGE, "_mlflow"))
    layer = sorted((home / "sales_orders" / "processed").rglob("*.parquet"))
    rows = pl.concat([pl.read_parquet(one) for one in layer])
    late = rows.sort("ORDERDATE").tail(470)
    for number, dearer in enumerate((1.0, 1.0, 1.4)):
        given = home / f"look{number}.parquet"
        price = (pl.col("MSRP") * dearer).round().cast(pl.Int64)
        late.sample(300, seed=number).with_columns(MSRP=price).write_parquet(given)
        drift("sales_orders", current=given, evidently=False, home=home)
    said = pl.read_parquet(home / "walmart" / "bundle" / "published.parquet")
    until = said["Date"].min() + timedelta(weeks=5)  # type: ignore[operator]
    off = 1 + 0.1 * (pl.col("Dept") % 3 - 1)
    known = said.filter(pl.col("by_default") & (pl.col("Date") <= until))
    truth = known.select("Store", "Dept", "Date", Weekly_Sales=pl.col("prediction") * off)
    truth.write_csv(home / "truth.csv")
    performance("walmart", actuals=home / "truth.csv", home=home)
    drift("walmart", current=home / "truth.csv", evidently=False, home=home)
    return home


@pytest.fixture(scope="module")
def site(watched: Path) -> Site:
    return site_of(watched, "walmart", "sales_orders")


def test_every_number_of_drifted_orders_is_that_of_a_look(site: Site, watched: Path) -> None:
    truth = Watched(watched / "sales_orders" / "monitor")
    assert len(truth.looks) == 3
    with claimed(site, "/ui/projects/sales_orders/monitoring") as page:
        claim_alerts(page, truth)
        line(page, "again is due", f"version {truth.drift['version']}")
        claim_drift(page, truth)
        claim_movement(page, truth)
        claim_schema(page, truth)


def test_every_number_of_judged_forecasts_is_that_of_a_file(site: Site, watched: Path) -> None:
    truth = Watched(watched / "walmart" / "monitor")
    recent = truth.performance["recent"]
    with claimed(site, "/ui/projects/walmart/monitoring") as page:
        claim_alerts(page, truth)
        line(page, "need not be trained", f"Version {truth.performance['version']}")
        alarms = [one for one in truth.drift["findings"] if one["weight"] == "alarm"]
        line(page, "drift raised", counted(len(alarms), "alarm"))
        last = f"last {counted(recent['periods'], 'week')}"
        error = (share(recent["wape"]), f"{recent['ratio']:.2f} times")
        columns = counted(len(truth.drift["columns"]), "column")
        head = next(one for one in page.root.all("p") if one.attrs.get("class") == "standfirst")
        page_says = page.words(head)
        assert page_says.startswith("In the last")
        line(page, page_says, last, iso(recent["to"]), *error, columns)
        line(page.within("drift"), "None of", columns)
        claim_performance(page, truth)
        claim_drift(page, truth)
        claim_movement(page, truth)
        claim_schema(page, truth)


def test_a_file_of_the_watch_is_given_as_it_lies(site: Site, watched: Path) -> None:
    for name in ("performance_weeks.csv", "performance_segments.csv", "drift.csv"):
        got = get(site, f"/ui/projects/walmart/monitoring/files/{name}")
        assert got.content == (watched / "walmart" / "monitor" / name).read_bytes()
