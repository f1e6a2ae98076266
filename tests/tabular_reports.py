"""Reports of tabular projects with plausible rows, for tests of the page."""

from dataclasses import asdict

import numpy as np
import polars as pl

from foresell.evaluate.metrics import Rows, score
from foresell.evaluate.row_diagnostics import quantile_calibration
from foresell.report.context import DataFacts, Verdict
from foresell.report.tabular.context import Board, Leak, TabularFacts, TabularReport
from foresell.spec.forecast import QUANTILES, quantile_columns

CANDIDATES = ("hist_gradient_boosting_tuned", "catboost", "linear")
BASELINES = ("mean", "median")
LINES = ("Classic Cars", "Trucks and Buses", "Planes")
COLUMNS = ("PRICEEACH", "QUANTITYORDERED", "MSRP", "PRODUCTLINE")
_OFF = {"hist_gradient_boosting_tuned": 1.0, "catboost": 1.1, "linear": 1.8}


def tabular_rows(n: int = 300, seed: int = 7) -> pl.DataFrame:
    """Order lines: exact below the cap of the price, and scattered at it."""
    draw = np.random.default_rng(seed)
    quantity, price = draw.integers(15, 60, n), draw.uniform(30, 150, n)
    shown = np.minimum(price, 100.0)
    capped = price >= 100
    y = quantity * price
    prediction = np.where(capped, quantity * 122.0, y)
    size = np.where(capped, 22.0 * quantity, 1.0)
    quantiles = {
        name: prediction + size * 1.5 * (level - 0.5)
        for name, level in zip(quantile_columns(), QUANTILES, strict=True)
    }
    return pl.DataFrame({
        "y": y,
        "prediction": prediction,
        "price": shown,
        **quantiles,
    }).with_columns(PRODUCTLINE=pl.Series(draw.choice(LINES, n)))


def scored(rows: pl.DataFrame, *, quantiles: bool = True) -> dict[str, float | int | None]:
    """The metrics of some rows, the bias as a share, as the page has it."""
    matrix = rows.select(quantile_columns()).to_numpy() if quantiles else None
    found = asdict(
        score(
            Rows(
                truth=rows["y"].to_numpy(),
                prediction=rows["prediction"].to_numpy(),
                quantiles=matrix,
            )
        )
    )
    return {**found, "bias": found.pop("bias_share")}


def predicted_by(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as one candidate or baseline predicts them."""
    if name in BASELINES:
        center = rows["y"].mean() if name == "mean" else rows["y"].median()
        return rows.with_columns(prediction=pl.lit(center))
    error = pl.col("prediction") - pl.col("y")
    return rows.with_columns(prediction=pl.col("y") + _OFF[name] * error)


def board(rows: pl.DataFrame) -> pl.DataFrame:
    """A leaderboard of all candidates and baselines."""
    lines = [
        {
            "candidate": name,
            "kind": "baseline" if name in BASELINES else "candidate",
            "champion": name == CANDIDATES[0],
            **scored(predicted_by(name, rows)),
        }
        for name in (*CANDIDATES, *BASELINES)
    ]
    return pl.DataFrame(lines).sort("rmse", "candidate")


def minimal_tabular() -> TabularReport:
    """A report with a leaderboard and nothing else."""
    rows = tabular_rows()
    return TabularReport(
        facts=TabularFacts(
            project="deals",
            title="Deals",
            synthetic=False,
            unit="",
            target="SALES",
            rows=rows.height,
            preset="fast",
            fingerprint="sha256:00",
            protocol="Held-out rows",
            answers="How good is a prediction of a row like these?",
        ),
        verdict=Verdict(passed=True),
        leaderboard=board(rows),
        ranked_by="rmse",
        data=DataFacts(read=400, kept=400, quarantined=0),
    )


def full_tabular(n: int = 300) -> TabularReport:
    """A report with everything that can be on the page; ``n`` rows judged."""
    rows, later = tabular_rows(n), tabular_rows(n // 2, seed=8)
    plain = minimal_tabular()
    names = (*CANDIDATES, *BASELINES)
    capped = (
        pl.when(pl.col("price") >= 100).then(pl.lit("100 and above")).otherwise(pl.lit("below 100"))
    )
    told = rows.with_columns(PRICEEACH=capped)
    segments = [
        {"segment": segment, "value": value, "candidate": name, **scored(predicted_by(name, part))}
        for segment in ("PRODUCTLINE", "PRICEEACH")
        for value in told[segment].unique().sort().to_list()
        for name in names
        for part in [told.filter(pl.col(segment) == value)]
    ]
    folds = [
        {"candidate": name, "fold": fold, "rmse": 500.0 * _OFF.get(name, 3.0) + 10 * fold}
        for name in names
        for fold in range(3)
    ]
    importance = [
        {
            "candidate": name,
            "kind": "column",
            "name": column,
            "share": 0.4 - 0.1 * place,
            "mean_abs": 400.0 - 100.0 * place,
        }
        for name in CANDIDATES
        for place, column in enumerate(COLUMNS)
    ]
    added = [
        {"baseline": name, "metric": metric, "value": 0.7}
        for name in BASELINES
        for metric in ("mae", "rmse")
    ]
    facts = {field: getattr(plain.facts, field) for field in plain.facts.__dataclass_fields__}
    facts |= {
        "synthetic": True,
        "unit": "USD",
        "rows": n,
        "protocol": "Held-out groups",
        "answers": "How good is a prediction of a line of an order nothing is known of?",
        "group_by": ("ORDERNUMBER",),
        "groups": 61,
        "interval_method": "conformal_intervals",
        "contract_version": "1.0.0",
        "command": "foresell run deals --data DIR",
        "result_id": "0123456789abcdef",
        "versions": {"polars": "2.1.0"},
        "example": '{"QUANTITYORDERED": 30, "PRICEEACH": 95.7}',
    }
    sides = (("train", 1500, 180), ("calibration", 400, 50), ("test", n, 61))
    return TabularReport(
        facts=TabularFacts(**facts),
        verdict=Verdict(passed=True, reasons=("RMSE beats that of the best baseline",)),
        leaderboard=board(rows),
        ranked_by="rmse",
        value_added=pl.DataFrame(added),
        segments=pl.DataFrame(segments),
        calibration=quantile_calibration(rows),
        importance=pl.DataFrame(importance),
        notes=("candidate xgboost failed: out of memory",),
        rows=rows,
        other=Board(
            title="Later rows",
            answers="How good is a prediction of a line of a later order?",
            leaderboard=board(later),
            rows=later.height,
            verdict=Verdict(passed=True, reasons=("RMSE beats that of the best baseline",)),
        ),
        folds=pl.DataFrame(folds),
        weights=pl.DataFrame({"member": ["catboost", "linear"], "weight": [0.8, 0.2]}),
        settings={CANDIDATES[0]: {"learning_rate": 0.05123, "max_leaf_nodes": 31}},
        split=pl.DataFrame([
            {"protocol": protocol, "side": side, "rows": count, "groups": groups}
            for protocol in ("Held-out groups", "Later rows")
            for side, count, groups in sides
        ]),
        leaks=(
            Leak(
                columns=("DEALSIZE",),
                evidence="bins SALES at 3,000 and 7,000",
                note="excluded, as it should be",
            ),
        ),
        derived={"QUANTITYORDERED x PRICEEACH": "product"},
        data=DataFacts(
            read=2010,
            kept=2000,
            quarantined=10,
            rules=pl.DataFrame({"rule": ["SALES is a number"], "rows": [10]}),
        ),
    )
