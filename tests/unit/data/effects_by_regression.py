"""Planted effects found again from the files that a retailer has: its sales, not the truth.

Two regressions. The log of the visitors of a shop on a day: least squares, with White's errors,
since the luck of a day has no memory. The units of one category: Poisson by pseudo maximum
likelihood, which needs no distribution but the mean, with errors clustered by shop and half-year,
since demand has a level that wanders (its memory is about a month). Gifts enter as ``1 + gifts x
rise``: they are found by Gauss-Newton steps around the regression.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import statsmodels.api as sm
from numpy.typing import NDArray

Array = NDArray[np.float64]
YEAR = 365.25
DAY = ["store_id", "date"]


@dataclass(frozen=True)
class Found:
    """Estimates and their standard errors by name; ``residual`` on the scale of the outcome."""

    value: Mapping[str, float]
    error: Mapping[str, float]
    residual: Array


@dataclass(frozen=True)
class Files:
    """A folder that ``foresell synth`` wrote; nothing below ``truth/`` is read."""

    root: Path

    def table(self, name: str) -> pl.DataFrame:
        if name in {"effects", "stores", "products", "weather", "calendar"}:
            return pl.read_parquet(self.root / "metadata" / f"{name}.parquet")
        return pl.read_parquet(self.root / name / "**" / "*.parquet", hive_partitioning=False)

    def days(self) -> pl.DataFrame:
        """One row per shop and day of business, with visitors, weather and open share."""
        return (
            self
            .table("customer_traffic")
            .join(self.table("store_events"), on=DAY)
            .filter(pl.col("open") > 0)
            .join(self.table("stores").select("store_id", "city"), on="store_id")
            .join(self.table("weather"), on=["city", "date"])
            .sort(DAY)
        )

    def sold(self, days: pl.DataFrame, category: str) -> pl.DataFrame:
        """``days`` of the shops that never ran out of the category, with units and discount."""
        own = self.table("products").filter(category=category).select("product_id")
        never_out = (
            self
            .table("inventory")
            .join(own, on="product_id")
            .group_by("store_id")
            .agg(pl.col("stock_out").any())
            .filter(~pl.col("stock_out"))
        )
        cuts = self.table("promotions").join(own, on="product_id").select(*DAY, "discount")
        return (
            days
            .join(never_out, on="store_id", how="semi")
            .join(self.table("sales").join(own, on="product_id"), on=DAY)
            .join(cuts, on=DAY, how="left")
            .with_columns(pl.col("discount").fill_null(0.0))
            .sort(DAY)
        )

    def crowds(self) -> list[str]:
        """The crowds by name, as ``black_friday 0..0``."""
        return self.table("effects").filter(effect="visitors_crowd")["level"].to_list()

    def on_days_of(self, crowd: str, dates: pl.Series) -> Array:
        """1 on the days of a crowd, 0 on others."""
        name, span = crowd.split(" ")
        first, last = map(int, span.split(".."))
        anchors = self.table("calendar").filter(occasion=name)["date"].to_list()
        days = [day + timedelta(days=i) for day in anchors for i in range(first, last + 1)]
        return dates.is_in(days).cast(pl.Float64).to_numpy()

    def rise(self, dates: pl.Series) -> Array:
        """0 up to Thanksgiving, rising to 1 on Christmas Eve, 0 after it."""
        rise = np.zeros(dates.len())
        for begin in self.table("calendar").filter(occasion="thanksgiving")["date"]:
            length = (date(begin.year, 12, 24) - begin).days
            after = (dates - begin).dt.total_days().to_numpy()
            rise += np.where((after >= 0) & (after <= length), after / length, 0.0)
        return rise


def calendar_columns(files: Files, days: pl.DataFrame) -> dict[str, Array]:
    """What is known of each row in advance, and the weather."""
    dates, weekday = days["date"], days["date"].dt.weekday().to_numpy()
    years = (dates - dates.min()).dt.total_days().to_numpy() / YEAR
    columns: dict[str, Array] = {}
    for store in days["store_id"].unique(maintain_order=True):
        own = (days["store_id"] == store).cast(pl.Float64).to_numpy()
        columns[f"store {store}"] = own
        columns[f"growth {store}"] = own * years
        columns[f"weekend {store}"] = own * (weekday >= 6)
    for number in (2, 3, 4, 5, 7):  # against Monday; Sunday against Saturday
        columns[f"weekday {number}"] = (weekday == number).astype(np.float64)
    paid = dates.dt.day().is_in([1, 2, 3, 15, 16, 17])
    columns["payday"] = paid.cast(pl.Float64).to_numpy()
    columns["rain"] = days["rain"].to_numpy() / 10
    columns["temperature"] = (days["temperature"].to_numpy() - 15) / 10
    columns["floor"] = np.log(days["open"].to_numpy())
    for crowd in files.crowds():
        columns[f"crowd {crowd}"] = files.on_days_of(crowd, dates)
    return columns


def price_and_season(sold: pl.DataFrame) -> dict[str, Array]:
    """What a category has of its own: the discount and the yearly waves."""
    angle = sold["date"].dt.ordinal_day().to_numpy() * 2 * np.pi / YEAR
    waves = {f"{name} {k}": f(k * angle) for k in (1, 2) for name, f in _WAVES.items()}
    return {"elasticity": -np.log(1 - sold["discount"].to_numpy()), **waves}


_WAVES: Mapping[str, Any] = {"cos": np.cos, "sin": np.sin}


def fit_visitors(files: Files, days: pl.DataFrame) -> Found:
    """Regress the log of the visitors; the residual is the surprise of each day, in the log."""
    columns, rise = calendar_columns(files, days), files.rise(days["date"])
    outcome, gifts = np.log(days["visitors"].to_numpy()), 0.0
    fixed = np.column_stack(list(columns.values()))
    step = np.inf
    while abs(step) > 1e-6:
        matrix = np.column_stack([fixed, rise / (1 + gifts * rise)])
        fitted = sm.OLS(outcome - np.log1p(gifts * rise), matrix).fit(cov_type="HC1")
        gifts += (step := fitted.params[-1])
    return _found(fitted, columns, gifts, fitted.resid)


def fit_units(files: Files, sold: pl.DataFrame, columns: Mapping[str, Array]) -> Found:
    """Regress the units of one category on ``columns`` and gifts."""
    rise, gifts = files.rise(sold["date"]), 0.0
    outcome = sold["units"].to_numpy().astype(np.float64)
    fixed = np.column_stack(list(columns.values()))
    start = np.array([np.log(outcome.mean()) * n.startswith("store ") for n in columns] + [0.0])
    step = np.inf
    while abs(step) > 1e-6:
        matrix = np.column_stack([fixed, rise / (1 + gifts * rise)])
        model = sm.GLM(outcome, matrix, family=sm.families.Poisson(), offset=np.log1p(gifts * rise))
        fitted = model.fit(method="newton", start_params=start, disp=0)
        start = fitted.params.copy()
        gifts += (step := start[-1])
        start[-1] = 0.0
    half_years = sold.select(
        pl
        .struct("store_id", pl.col("date").dt.year(), half=pl.col("date").dt.month() > 6)
        .rank("dense")
        .alias("cluster")
    )["cluster"].to_numpy()
    fitted = model.fit(
        method="newton",
        start_params=fitted.params,
        disp=0,
        cov_type="cluster",
        cov_kwds={"groups": half_years},
    )
    return _found(fitted, columns, gifts, fitted.resid_response)


def _found(fitted: Any, columns: Mapping[str, Array], gifts: float, residual: Array) -> Found:
    value = dict(zip(columns, fitted.params, strict=False)) | {"gifts": gifts}
    error = dict(zip([*columns, "gifts"], fitted.bse, strict=True))
    return Found(value, error, residual)
