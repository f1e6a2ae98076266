"""Small rows to describe: ``python -m tests.described`` prints the digest of two descriptions.

To be run with ``POLARS_MAX_THREADS`` set: that is read when Polars is imported, and never again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from foresell.contracts.contract import Contract, parse_contract
from foresell.eda.describe import Eda, EdaContext, describe
from foresell.spec.calendar import Event
from foresell.spec.features import FeatureSpec
from foresell.spec.project import HolidayWeight, ProjectSpec
from foresell.spec.sources import Table
from foresell.spec.split import SplitSpec

FIRST = date(2010, 2, 5)
SHOPS = ProjectSpec(
    name="shops",
    title="Shops",
    kind="panel",
    unit="USD",
    tables=(Table(name="sales", file="sales.csv"),),
    columns={
        "shop": "key",
        "item": "key",
        "week": "time",
        "sales": "target",
        "feast": "known_future",
        "promo": "known_future",
        "markdown": "past_only",
        "heat": "past_only",
        "type": "static",
        "size": "static",
    },
    frequency="W-FRI",
    horizon=4,
    season=52,
    holiday_weight=HolidayWeight(column="feast", value=5.0),
    segments=("type",),
    split=SplitSpec(test=4, validation=(4,)),
    events=(Event(name="christmas", day="12-25"), Event(name="harvest", day="09-20")),
    features=FeatureSpec(lags=(1,), markdowns=("markdown",)),
)
ORDERS = ProjectSpec(
    name="orders",
    title="Orders",
    kind="tabular",
    unit="USD",
    tables=(Table(name="orders", file="orders.csv"),),
    columns={
        "order": "group",
        "day": "time",
        "price": "feature",
        "pieces": "feature",
        "line": "feature",
        "region": "excluded",
        "sales": "target",
    },
    split=SplitSpec(test_share=0.2),
)
_TYPES = {
    "shop": "integer",
    "item": "string",
    "week": "date",
    "sales": "number",
    "feast": "boolean",
    "promo": "number",
    "markdown": "number",
    "heat": "number",
    "type": "string",
    "size": "integer",
    "order": "integer",
    "day": "date",
    "price": "number",
    "pieces": "integer",
    "line": "string",
    "region": "string",
    "customer": "string",
}


def contract_of(columns: Sequence[str], personal: Sequence[str] = ()) -> Contract:
    """Return a contract of ``columns`` and of ``personal`` ones."""
    lines = ["apiVersion: v3.1.0", "kind: DataContract", "id: toy", "version: 1.0.0"]
    lines += ["schema:", "  - name: rows", "    logicalType: object", "    properties:"]
    for name in (*columns, *personal):
        lines += [f"      - name: {name}", f"        logicalType: {_TYPES[name]}"]
        lines += ["        classification: personal"] if name in personal else []
    return parse_contract("\n".join(lines), "contract.yaml")


def shop_rows(shops: int = 4, items: int = 3, weeks: int = 110, seed: int = 1) -> pl.DataFrame:
    """Return rows of every shop and item in every week, of one level and a little noise.

    The last shop starts 70 weeks late, an item lacks five weeks, markdowns are unknown in the first
    60 weeks and in every third week after, promotions lift sales by three tenths.
    """
    rng = np.random.default_rng(seed)
    at = np.array([
        (shop, item, week)
        for shop in range(shops)
        for item in range(items)
        for week in range(weeks)
        if not (shop == shops - 1 and week < weeks - 40) and not (item == 1 and 20 <= week < 25)
    ])
    n, (shop, item, week) = len(at), at.T
    promo = (rng.random(n) < 0.3).astype(float)
    level = 100.0 * (1 + shop) * (1 + item)
    known = (week >= 60) & ((week + shop) % 3 > 0)
    days = [FIRST + timedelta(weeks=int(one)) for one in week]
    return pl.DataFrame({
        "shop": shop,
        "item": [f"item {one}" for one in item],
        "week": days,
        "sales": level * (1 + 0.3 * promo) * rng.normal(1, 0.02, n),
        "feast": [day.month == 12 and day.day >= 25 for day in days],
        "promo": promo,
        "markdown": np.where(known, rng.normal(1000, 200, n), np.nan),
        "heat": 50 + rng.normal(0, 10, n),
        "type": [("A", "B")[one % 2] for one in shop],
        "size": 1000 * (1 + shop),
    }).with_columns(pl.col("markdown").fill_nan(None))


def order_rows(n: int = 400, seed: int = 1) -> pl.DataFrame:
    """Return rows of orders of three lines; prices stop at 100, the region may be ``NA``."""
    rng = np.random.default_rng(seed)
    price = np.round(np.minimum(rng.normal(90, 25, n), 100.0), 2)
    pieces = rng.integers(10, 60, n)
    return pl.DataFrame({
        "order": np.arange(n) // 3,
        "day": [date(2003, 1, 6) + timedelta(days=int(one)) for one in np.arange(n) // 3 * 5],
        "price": price,
        "pieces": pieces,
        "line": [("cars", "trains", "ships")[one] for one in rng.integers(0, 3, n)],
        "region": [("NA", "EMEA", None)[one] for one in rng.integers(0, 3, n)],
        "sales": price * pieces * rng.normal(1, 0.1, n),
    })


def described(frame: pl.DataFrame, project: ProjectSpec, asked: pl.DataFrame | None = None) -> Eda:
    """Return the description of all ``frame``."""
    context = EdaContext(rows="all", of=frame.height, asked=asked)
    personal = ["customer"] if project.kind == "tabular" else []
    return describe(frame, project, contract_of(frame.columns, personal), context)


def text_of(eda: Eda) -> str:
    """Return all of a description, to be compared."""
    tables = {name: table.write_csv() for name, table in eda.tables.items()}
    return json.dumps([eda.told, tables], sort_keys=True, allow_nan=False)


def renamed(project: ProjectSpec, old: str, new: str) -> ProjectSpec:
    """Return ``project`` with a key of another name."""
    columns = {new if name == old else name: role for name, role in project.columns.items()}
    return replace(project, columns=columns)


def main() -> None:
    """Print the digest of a panel and of a table, of more rows than one thread takes at once."""
    for frame, project in (
        (shop_rows(shops=30, items=10, weeks=110), SHOPS),
        (order_rows(20_000), ORDERS),
    ):
        print(hashlib.sha256(text_of(described(frame, project)).encode()).hexdigest())


if __name__ == "__main__":
    main()
