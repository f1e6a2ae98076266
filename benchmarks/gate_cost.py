"""What the gate costs: a million rows and ten rules, beside the same work written by hand.

``python -m benchmarks.gate_cost`` prints a table. Each contender judges the same frame and returns
the rows that pass; the time is the fastest of several, in turn, on an otherwise idle machine.
The two in plain Polars: ``filter``, which keeps what breaks nothing and says no more; and
``flags``, which does what the gate promises: counts by rule, and the rejected rows with all names.
"""

import time
from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from foresell.contracts.contract import Contract, parse_contract
from foresell.contracts.gate import check_rows, row_checks

ROWS = 1_000_000
ROUNDS = 15
BROKEN = {"clean rows": 0.0, "0.5 % broken": 0.005}
_KINDS = ["A", "B", "C"]
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: bench
version: 1.0.0
status: active
schema:
  - name: rows
    logicalType: object
    quality:
      - name: revenue_agrees
        type: sql
        query: SELECT COUNT(*) FROM {object} WHERE revenue > units * 100.0
        mustBe: 0
    properties:
      - {name: store, logicalType: integer, required: true, primaryKey: true,
         logicalTypeOptions: {minimum: 1, maximum: 45}}
      - {name: units, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: revenue, logicalType: number, logicalTypeOptions: {maximum: 100000}}
      - {name: code, logicalType: string, logicalTypeOptions: {pattern: "S[0-9]{4}", maxLength: 5}}
      - name: kind
        logicalType: string
        quality:
          - type: library
            metric: invalidValues
            arguments: {validValues: [A, B, C]}
            mustBe: 0
"""
Judge = Callable[[pl.DataFrame], pl.DataFrame]


def make_rows(broken: float) -> pl.DataFrame:
    """Return a million rows, of which about the share ``broken`` has a negative count of units."""
    drawn = np.random.default_rng(20261121)
    units = drawn.integers(1, 50, ROWS)
    wrong = drawn.random(ROWS) < broken
    return pl.DataFrame({
        "store": drawn.integers(1, 46, ROWS),
        "units": np.where(wrong, -units, units),
        "revenue": units * drawn.random(ROWS) * 100 * np.where(wrong, -1, 1),
        "code": pl.Series([f"S{i:04d}" for i in range(1000)]).gather(drawn.integers(0, 1000, ROWS)),
        "kind": pl.Series(_KINDS).gather(drawn.integers(0, 3, ROWS)),
    })


def by_filter(frame: pl.DataFrame) -> pl.DataFrame:
    """Keep what breaks nothing, in one expression."""
    return frame.filter(
        pl.col("store").is_between(1, 45)
        & pl.col("store").is_not_null()
        & pl.col("units").is_not_null()
        & (pl.col("units") >= 0)
        & (pl.col("revenue").is_null() | (pl.col("revenue") <= 100_000))
        & (pl.col("code").is_null() | pl.col("code").str.contains("^(?:S[0-9]{4})$"))
        & (pl.col("code").is_null() | (pl.col("code").str.len_chars() <= 5))
        & (pl.col("kind").is_null() | pl.col("kind").is_in(_KINDS))
        & ~(pl.col("revenue") > pl.col("units") * 100.0).fill_null(value=False)
    )


def by_flags(frame: pl.DataFrame) -> pl.DataFrame:
    """Count what every rule finds, and tell the rows that broke one from the others."""
    broken: Mapping[str, pl.Expr] = {
        "store: required": pl.col("store").is_null(),
        "store: minimum": pl.col("store") < 1,
        "store: maximum": pl.col("store") > 45,
        "units: required": pl.col("units").is_null(),
        "units: minimum": pl.col("units") < 0,
        "revenue: maximum": pl.col("revenue") > 100_000,
        "code: pattern": ~pl.col("code").str.contains("^(?:S[0-9]{4})$"),
        "code: maxLength": pl.col("code").str.len_chars() > 5,
        "kind: values": ~pl.col("kind").is_in(_KINDS),
        "revenue_agrees": pl.col("revenue") > pl.col("units") * 100.0,
    }
    flags = frame.select(flag.fill_null(value=False).alias(name) for name, flag in broken.items())
    flags.sum()
    hit = flags.select(pl.any_horizontal(pl.all())).to_series()
    frame.filter(hit).with_columns(
        flags
        .filter(hit)
        .select(
            pl.concat_str(
                [pl.when(pl.col(name)).then(pl.lit(name)) for name in broken],
                separator="; ",
                ignore_nulls=True,
            ).alias("broken_rules")
        )
        .to_series()
    )
    return frame.filter(~hit)


def by_pandera() -> Judge:
    """Return the same rules as a Pandera schema by hand; rows that break one are dropped."""
    import pandera.polars as pa  # noqa: PLC0415 - only where it is measured

    schema = pa.DataFrameSchema(
        {
            "store": pa.Column(pl.Int64, [pa.Check.ge(1), pa.Check.le(45)], nullable=False),
            "units": pa.Column(pl.Int64, pa.Check.ge(0), nullable=False),
            "revenue": pa.Column(pl.Float64, pa.Check.le(100_000), nullable=True),
            "code": pa.Column(
                pl.String,
                [pa.Check.str_matches("^(?:S[0-9]{4})$"), pa.Check.str_length(max_value=5)],
                nullable=True,
            ),
            "kind": pa.Column(pl.String, pa.Check.isin(_KINDS), nullable=True),
        },
        checks=pa.Check(
            lambda data: data.lazyframe.select(pl.col("revenue") <= pl.col("units") * 100.0)
        ),
        drop_invalid_rows=True,
    )

    def judge(frame: pl.DataFrame) -> pl.DataFrame:
        kept: pl.DataFrame = schema.validate(frame, lazy=True)
        return kept

    return judge


def by_gate(contract: Contract) -> Judge:
    """Return foresell's gate."""
    checks = row_checks(contract)
    return lambda frame: check_rows(frame, checks).kept


def fastest(judges: Mapping[str, Judge], frame: pl.DataFrame) -> dict[str, float]:
    """Return seconds, the least of some rounds in which the contenders take turns."""
    best = dict.fromkeys(judges, float("inf"))
    for _ in range(ROUNDS):
        for name, judge in judges.items():
            began = time.perf_counter()
            judge(frame)
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def gate_cost() -> Table:
    """Measure, check that all keep the same rows, and return the table.

    Raises:
        RuntimeError: the contenders disagree, so that their times cannot be compared.
    """
    judges = {
        "plain Polars, filter": by_filter,
        "plain Polars, flags": by_flags,
        "foresell's gate": by_gate(parse_contract(CONTRACT, "benchmarks/gate_cost.py")),
        "Pandera by hand": by_pandera(),
    }
    table = Table("", title=f"{ROWS:,} rows, 10 rules: ms, times plain Polars (flags)")
    rows: dict[str, list[str]] = {name: [] for name in judges}
    for title, share in BROKEN.items():
        table.add_column(title.upper(), justify="right")
        frame = make_rows(share)
        heights = {name: judge(frame).height for name, judge in judges.items()}
        if len(set(heights.values())) > 1:
            raise RuntimeError(f"the contenders disagree: {heights}")
        found = fastest(judges, frame)
        for name, seconds in found.items():
            ratio = seconds / found["plain Polars, flags"]
            rows[name].append(f"{seconds * 1000:.1f}  {ratio:.2f}x")
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


if __name__ == "__main__":
    Console().print(gate_cost())
