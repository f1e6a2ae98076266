"""Builders: rows of a layer and months of a segment, without a run."""

from datetime import date, timedelta
from importlib.resources import files

import numpy as np
import polars as pl

from foresell.risks.months import add_months
from foresell.risks.segment import Gathered, gather
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

FIRST = date(2003, 1, 1)


def project(name: str) -> ProjectSpec:
    """The declaration of a shipped project."""
    text = (files("foresell") / "projects" / name / "project.yaml").read_text("utf-8")
    return parse_project(text, name)


def orders(months: list[float], *, first: date = FIRST, country: str = "USA") -> pl.DataFrame:
    """Order lines of a country: one on the second of every month that is not 0, and its sales."""
    days = [add_months(first, place) + timedelta(days=1) for place in range(len(months))]
    return pl.DataFrame(
        {
            "ORDERDATE": [day for day, sales in zip(days, months, strict=True) if sales],
            "SALES": [sales for sales in months if sales],
            "COUNTRY": [country for sales in months if sales],
        },
        schema={"ORDERDATE": pl.Date, "SALES": pl.Float64, "COUNTRY": pl.String},
    )


def daily(first: date, last: date, units: float = 1.0, category: str = "toys") -> pl.DataFrame:
    """Rows of `retail`: so many units every day."""
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return pl.DataFrame({"date": days, "units": [units] * len(days), "category": category})


def weekly(first: date, weeks: int, sales: float = 7.0, store: int = 1) -> pl.DataFrame:
    """Rows of `walmart`: so much every week."""
    days = [first + timedelta(weeks=i) for i in range(weeks)]
    return pl.DataFrame({"Date": days, "Weekly_Sales": [sales] * weeks, "Store": store})


def usa(months: list[float]) -> Gathered:
    """A segment of orders in a project whose data runs from the first month to the last whole.

    Without any sale it has one row, whose target is not known.
    """
    others = orders([1.0] * len(months), country="Spain")
    end = add_months(FIRST, len(months)) - timedelta(days=1)
    edges = pl.DataFrame({"ORDERDATE": [FIRST, end], "SALES": [1.0, 1.0], "COUNTRY": ["Spain"] * 2})
    blank = pl.DataFrame({"ORDERDATE": [FIRST], "SALES": [None], "COUNTRY": ["USA"]})
    own = orders(months) if any(months) else blank.cast({"SALES": pl.Float64})
    layer = pl.concat([others, edges, own])
    return gather([layer], project("sales_orders"), {"COUNTRY": ["USA"]})


def seasonal_months(count: int, seed: int = 7) -> list[float]:
    """Months with a yearly season, a trend and noise; all far above 0."""
    drawn = np.random.default_rng(seed)
    place = np.arange(count)
    season = 300 * np.sin(2 * np.pi * place / 12) + 400 * (place % 12 == 10)
    return [float(v) for v in (1000 + 4 * place + season + 40 * drawn.standard_normal(count))]


def garch_returns(count: int, seed: int, mean: float = 0.005) -> np.ndarray:
    """Returns whose truth is GARCH(1,1) with alpha 0.1 and beta 0.85, of 0.63 % a month or so."""
    drawn = np.random.default_rng(seed).standard_normal(count)
    omega, alpha, beta = 2e-6, 0.1, 0.85
    variance, made = omega / (1 - alpha - beta), []
    for shock in drawn:
        surprise = np.sqrt(variance) * shock
        made.append(mean + surprise)
        variance = omega + alpha * surprise**2 + beta * variance
    return np.array(made)
