from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from foresell.report.context import DataFacts, RunFacts, RunReport, Sample, Verdict

WEEKS = [date(2011, 1, 7) + timedelta(weeks=i) for i in range(30)]
HISTORY = pl.DataFrame({"date": WEEKS[:15], "y": [100.0 + i for i in range(15)]})
TEST = pl.DataFrame({
    "date": WEEKS[15:24],
    "y": [110.0 + i for i in range(9)],
    "prediction": [111.0 + i for i in range(9)],
    "q0.1": [90.0] * 9,
    "q0.9": [130.0] * 9,
    "baseline": [120.0] * 9,
})
FUTURE = TEST.drop("y", "baseline").head(6).with_columns(date=pl.Series(WEEKS[24:]))
BOARD = pl.DataFrame({
    "candidate": ["ours", "seasonal_naive", "naive"],
    "kind": ["candidate", "baseline", "baseline"],
    "champion": [True, False, False],
    "n": [900, 900, 900],
    "wmae": [10.0, 13.0, 20.0],
    "rmse": [20.0, 25.0, 40.0],
    "mae": [8.0, 10.0, 16.0],
    "wape": [0.08, 0.1, 0.16],
    "bias": [0.004, -0.01, 0.0],
    "coverage_80": [0.81, None, None],
})


PARTS = [
    ("all", "all rows", 900, 80.0, 100.0),
    ("store", "1", 450, 30.0, 60.0),
    ("store", "2", 450, 50.0, 40.0),
    ("dept", "7", 900, 80.0, 100.0),
    ("series", "1, 7", 450, 30.0, 60.0),
    ("series", "2, 7", 450, 50.0, 40.0),
]
ADDED = pl.DataFrame(
    PARTS, schema=["by", "value", "n", "error", "baseline_error"], orient="row"
).with_columns(
    saved=pl.col("baseline_error") - pl.col("error"),
    wape=pl.col("error") / 1000,
    baseline_wape=pl.col("baseline_error") / 1000,
    value_added=1 - pl.col("error") / pl.col("baseline_error"),
)


def by_candidate(**columns: list[object]) -> pl.DataFrame:
    """Rows of two candidates: ours 20 % below seasonal_naive."""
    parts = [
        pl.DataFrame(columns).with_columns(candidate=pl.lit(name), wape=pl.lit(wape))
        for name, wape in (("ours", 0.08), ("seasonal_naive", 0.1))
    ]
    return pl.concat(parts)


@pytest.fixture(scope="module")
def minimal() -> RunReport:
    facts = RunFacts(
        project="shops",
        title="Sales of shops",
        synthetic=False,
        unit="",
        target="units",
        every="day",
        horizon=9,
        cutoff=WEEKS[14],
        test_first=WEEKS[15],
        test_last=WEEKS[23],
        rows=900,
        series=1,
        preset="fast",
        fingerprint="sha256:00",
    )
    return RunReport(
        facts=facts,
        verdict=Verdict(passed=True),
        leaderboard=BOARD.select("candidate", "kind", "champion", "mae", "wape"),
        data=DataFacts(read=900, kept=900, quarantined=0),
    )


@pytest.fixture(scope="module")
def full(minimal: RunReport) -> RunReport:
    events = pl.DataFrame({"date": [WEEKS[18]], "name": ["labor_day"]})
    levels = [
        (round(step / 10, 1), bucket, step / 10 + 0.01)
        for bucket in ("all", "1–4", "5–9")
        for step in range(1, 10)
    ]
    return replace(
        minimal,
        facts=replace(
            minimal.facts,
            synthetic=True,
            unit="USD",
            refit_cutoff=WEEKS[23],
            contract_version="1.0.0",
            command="foresell run shops",
            versions={"polars": "2.1.0"},
            result_id="0123456789abcdef",
            keys=("store", "dept"),
        ),
        verdict=Verdict(passed=True, reasons=("RMSE is below the best baseline's.",)),
        leaderboard=BOARD,
        ranked_by="wmae",
        one_step=BOARD.with_columns(wmae=pl.Series([9.0, 14.0, 12.0])),
        value_added_by=ADDED,
        importance=pl.DataFrame({
            "candidate": ["ours", "ours", "other"],
            "kind": ["part", "column", "column"],
            "name": ["base", "promotion", "price"],
            "share": [1.0, 0.7, 0.3],
        }),
        levels=pl.DataFrame({
            "level": ["store", "store", "total", "total"],
            "forecast": ["own", "bottom_up"] * 2,
            "wape": [0.02, 0.03, 0.01, None],
        }),
        value_added=pl.DataFrame({"baseline": ["naive"], "metric": ["rmse"], "value": [0.5]}),
        totals=pl.concat(
            [HISTORY, TEST.select("date", "y", "prediction", "baseline")], how="diagonal"
        ),
        samples=tuple(
            Sample(
                label=f"Store {i}",
                kind=kind,
                history=HISTORY,
                test=TEST,
                future=FUTURE,
                events=events,
            )
            for i, kind in enumerate(("big", "erratic"))
        ),
        by_step=by_candidate(step=list(range(1, 10))),
        segments=by_candidate(
            segment=["Type", "Type", "holiday"], value=["A", "B", "yes"], n=[400, 400, 100]
        ),
        calibration=pl.DataFrame(levels, schema=["level", "bucket", "observed"], orient="row"),
        coverage=pl.DataFrame({
            "bucket": ["1-4", "5-39"] * 2,
            "coverage": [0.78, 0.83, 0.94, 0.96],
            "promised": [0.8, 0.8, 0.95, 0.95],
        }),
        residuals=pl.DataFrame({"error": [-3.0, -1.0, 0.5, 1.0, 2.0]}),
        residual_unit="USD",
        folds=by_candidate(cutoff=[WEEKS[5], WEEKS[10]]),
        weights=pl.DataFrame({
            "bucket": ["1–4", "1–4", "5–9"],
            "member": ["a", "b", "a"],
            "weight": [0.75, 0.25, 1.0],
        }),
        data=DataFacts(
            read=910,
            kept=900,
            quarantined=10,
            rules=pl.DataFrame({"rule": ["units is a number"], "rows": [10]}),
            levels=pl.DataFrame({"level": ["series"], "n": [900]}),
        ),
        notes=("Two series end early.",),
        events=events,
    )
