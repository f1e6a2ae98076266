"""An order line as a person asks for it, and the command that answers it."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from tests.e2e.command import Ran
from tests.tabular_files import order_lines

Predict = Callable[..., Ran]
LINE: dict[str, object] = {
    "QUANTITYORDERED": 30,
    "PRICEEACH": 95.7,
    "ORDERLINENUMBER": 3,
    "MSRP": 120,
    "QTR_ID": 3,
    "MONTH_ID": 7,
    "YEAR_ID": 2004,
    "PRODUCTLINE": "Classic Cars",
    "COUNTRY": "USA",
}
FEATURES = [
    *("ORDERLINENUMBER", "QUANTITYORDERED", "PRICEEACH", "MSRP", "QTR_ID", "MONTH_ID", "YEAR_ID"),
    *("PRODUCTLINE", "COUNTRY"),
]


def orders(lines: int = 200) -> pl.DataFrame:
    """Order lines as a frame of text, as the export has them."""
    return order_lines().head(lines)


def answers(file: Path) -> pl.DataFrame:
    return pl.read_parquet(file).select("row", "prediction", "p10", "p90")
