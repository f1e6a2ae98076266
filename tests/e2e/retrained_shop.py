"""A shop with a version that is served, and how its retraining is asked for and looked at."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import foresell as public
from foresell.api import Retraining
from tests.e2e.command import Ran
from tests.e2e.shop import LINES, PROJECT, Shop
from tests.tabular_files import order_lines

MORE = order_lines(100)  # the same orders and twenty later ones
# Nobody beats a baseline there.
CONSTANT = LINES.with_columns(
    SALES=pl.lit("1000.0"),
    QUANTITYORDERED=pl.lit("10"),
    PRICEEACH=pl.lit("100.0"),
    DEALSIZE=pl.lit("Small"),
)
WORSE = {"version": 1, "verdict": "retrain", "reasons": ["WAPE 0.30 against 0.07 in the backtest"]}

WEAK: dict[str, Any] = {  # knows neither that sales are a product, nor when
    "models": {"candidates": ["ridge"]},
    "features": {},
}


class Stopped(BaseException):
    """What ends a process, here in this one."""


def told(shop: Shop, name: str, summary: dict[str, Any], *, days: int = 0) -> None:
    """Leave a summary as the watch would have, so many days ago."""
    folder = shop.folder / "home" / PROJECT / "monitor"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(summary))
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(folder / name, (then, then))


def again(shop: Shop, **asked: Any) -> Retraining:
    return public.retrain(PROJECT, data=shop.folder / "data", track=False, **asked)


def record(shop: Shop) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(
        (shop.folder / "home" / PROJECT / "monitor" / "retrain.json").read_bytes()
    )
    return kept


def begin(folder: Path) -> Path:
    """Make a shop with version 1 on staging in ``folder``."""
    made = Shop(folder, _no_command)
    made.declare()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORESELL_PROJECTS", str(folder / "declared"))
        public.run(PROJECT, data=made.data(), preset="fast", track=False, home=folder / "home")
    return folder


def _no_command(*_: str | Path) -> Ran:
    raise NotImplementedError  # the shop that is copied is asked nothing
