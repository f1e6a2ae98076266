"""A small panel to explore: seven shops with two departments, its versions and the files beside."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import polars as pl

from foresell.adapters.ledger_memory import MemoryLedger
from foresell.adapters.vault_memory import MemoryVault
from foresell.bundle.bundle import Bundle
from foresell.dashboard.reading.shown import Shown
from foresell.govern.registering import register
from foresell.govern.registry import Registry
from foresell.spec.forecast import quantile_columns
from tests.dashboard_site import memory_shown
from tests.small_bundles import small_bundle, stored

LAST = date(2026, 1, 30)
HISTORY, STEPS = 60, 4  # weeks observed, and weeks of the test and of the forecast
SHOPS = ("east", "far <b>", "north", "south", "up/down", "west", "zoo")
Files = dict[tuple[str, str], bytes]
_PROJECT = """\
name: shops
title: Shops
kind: panel
unit: USD
tables:
  - {name: weeks, file: weeks.csv}
columns:
  shop: key
  dept: key
  week: time
  sales: target
  kind: static
  area: static
frequency: W-FRI
horizon: 4
season: 52
split: {test: 4, validation: [4]}
events:
  - {name: pancake_day, dates: [2026-01-08, 2026-02-12]}
hierarchy: {levels: [[shop], [dept], []]}
"""
_CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shops
name: shops
version: 1.0.0
status: active
schema:
  - name: weeks
    logicalType: object
    properties:
      - {name: shop, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: dept, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 2}
      - name: week
        logicalType: date
        required: true
        primaryKey: true
        primaryKeyPosition: 3
        logicalTypeOptions: {format: yyyy-MM-dd}
      - {name: sales, logicalType: number, required: true}
      - {name: kind, logicalType: string}
      - {name: area, logicalType: number}
"""


def fridays(first: int, count: int) -> list[date]:
    """So many Fridays, from the ``first`` one after the last observed week on."""
    return [LAST + timedelta(weeks=first + at) for at in range(count)]


def long(weeks: list[date]) -> pl.DataFrame:
    """Every series at each of ``weeks``: key columns and week, sorted."""
    rows = [(shop, dept, day) for shop in SHOPS for dept in (1, 7) for day in weeks]
    schema = {"shop": pl.String, "dept": pl.Int64, "week": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def history() -> pl.DataFrame:
    """What was observed: east 7 began ten weeks before the end, and west lacks one week."""
    frame = long(fridays(1 - HISTORY, HISTORY)).with_row_index("at")
    series = pl.col("at") // HISTORY
    frame = frame.with_columns(
        sales=100.0 * (series + 1) + (pl.col("at") % HISTORY) * 1.25,
        kind=pl.when(pl.col("shop") < "p").then(pl.lit("big")).otherwise(pl.lit("small")),
        area=(series * 250.0 + 500.0),
    ).drop("at")
    late = (pl.col("shop") == "east") & (pl.col("dept") == 7)
    missing = (pl.col("shop") == "west") & (pl.col("week") == LAST - timedelta(weeks=2))
    return frame.filter(~(late & (pl.col("week") < LAST - timedelta(weeks=9))) & ~missing)


def judged() -> pl.DataFrame:
    """What was said of the last four weeks: ten too much, in a band of fifteen."""
    rows = history().filter(pl.col("week") > LAST - timedelta(weeks=STEPS))
    said = pl.col("sales") + 10.0
    return rows.select(
        "shop",
        "dept",
        "week",
        y="sales",
        prediction=said,
        **{"q0.1": said - 15.0, "q0.9": said + 15.0},
    )


def published(asked: bool = True) -> pl.DataFrame:
    """What is forecast: every series; ``asked``: zoo 7 was not asked for."""
    frame = long(fridays(1, STEPS)).with_row_index("at")
    point = 500.0 + pl.col("at") * 3.5
    return frame.select(
        "shop",
        "dept",
        "week",
        by_default=~((pl.col("shop") == "zoo") & (pl.col("dept") == 7)) if asked else pl.lit(True),
        prediction=point,
        **{name: point + 10.0 * (at - 5) for at, name in enumerate(quantile_columns())},
        interval_method=pl.lit("conformal_intervals"),
        level_used=pl.lit("series"),
    )


def shops_bundle(**changes: object) -> Bundle:
    """The bundle of the shops, with some of its parts changed."""
    made = replace(
        small_bundle("shops", kind="panel"),
        project_text=_PROJECT,
        contract_text=_CONTRACT,
        history=history(),
        judged=judged(),
        published=published(),
    )
    gate = {**dict(made.metadata["gate"]), "comparisons": [{"best_baseline": "seasonal_naive"}]}  # type: ignore[call-overload]
    cut = (LAST - timedelta(weeks=STEPS)).isoformat()
    told = made.metadata | {"judged_cutoff": cut, "refit_cutoff": LAST.isoformat(), "gate": gate}  # type: ignore[operator]
    return replace(made, metadata=told, **changes)  # type: ignore[arg-type]


def level_rows(bundle: Bundle) -> pl.DataFrame:
    """The sums of what is forecast at every level, with bands of their own."""
    rows = bundle.published.filter("by_default")
    parts = []
    for name, columns in (("shop", ["shop"]), ("dept", ["dept"]), ("total", [])):
        sums = rows.group_by([*columns, "week"]).agg(
            pl.col("prediction").sum(), pl.len().cast(pl.Int64).alias("rows")
        )
        parts.append(sums.with_columns(level=pl.lit(name)))
    whole = pl.concat(parts, how="diagonal")
    return whole.with_columns(
        *(
            (pl.col("prediction") * (0.9 + 0.02 * at)).alias(name)
            for at, name in enumerate(quantile_columns())
        ),
        interval_method=pl.lit("conformal_intervals"),
    )


def parquet(frame: pl.DataFrame) -> bytes:
    """A table as Parquet."""
    held = BytesIO()
    frame.write_parquet(held)
    return held.getvalue()


def baseline_rows(less: float) -> pl.DataFrame:
    """A baseline of the test that is ``less`` below the truth."""
    return judged().select(
        "shop",
        "dept",
        "week",
        cutoff=pl.lit(LAST - timedelta(weeks=STEPS)),
        step=pl.lit(1, pl.Int32),
        prediction=pl.col("y") - less,
    )


def run_files(bundle: Bundle) -> Files:
    """What the run that made ``bundle`` left, and what came true in the first week since."""
    predictions = bundle.judged.with_columns(
        (pl.col("prediction") - 30.0).alias("q0.025"), (pl.col("prediction") + 30.0).alias("q0.975")
    )
    truth = long(fridays(1, 1)).with_columns(sales=pl.lit(512.0))
    return {
        ("bundle", "checksums.json"): stored(bundle).read_bytes("checksums.json"),
        ("baselines", "seasonal_naive.parquet"): parquet(baseline_rows(20.0)),
        ("baselines", "naive.parquet"): parquet(baseline_rows(50.0)),
        ("predictions", "ridge.parquet"): parquet(predictions),
        ("forecast", "hierarchy.parquet"): parquet(level_rows(bundle)),
        ("monitor", "actuals.parquet"): parquet(truth),
    }


def shops_shown(*bundles: Bundle, files: Mapping[tuple[str, str], bytes] | None = None) -> Shown:
    """The project with these versions, none of which answers, and the files of the last run."""
    ledger, held = MemoryLedger(), list(bundles or (shops_bundle(),))
    registry = Registry(
        ledger=ledger,
        vault=MemoryVault(),
        clock=lambda: datetime(2026, 2, 1, tzinfo=UTC),
        who="tester",
    )
    for bundle in held:
        register(registry, "shops", stored(bundle), reason="a run")
    return memory_shown(
        "shops",
        "panel",
        files=run_files(held[-1]) if files is None else files,
        bundles=dict(enumerate(held, start=1)),
        ledger=ledger,
    )
