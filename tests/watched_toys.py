"""Registered versions that can be watched, made without training: a shop's lines, real Walmart."""

from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl

from foresell.adapters.store import DirectoryStore
from foresell.api import registry
from foresell.bundle.bundle import Bundle, write_bundle
from tests.builders import write_files
from tests.served_bundles import CONTRACT, PROJECT, answering_bundle
from tests.small_bundles import small_bundle

_LINES = 2_000


def lines(rows: int, seed: int, *, price: float = 20.0) -> pl.DataFrame:
    """Return order lines of the toy shop: prices around ``price``, a third of them gifts."""
    rng = np.random.default_rng(seed)
    days = pl.date_range(date(2026, 1, 1), date(2026, 6, 30), eager=True)
    return pl.DataFrame({
        "day": days.gather(rng.integers(0, len(days), rows)),
        "pieces": rng.integers(1, 20, rows),
        "price": rng.normal(price, 4.0, rows).clip(1.0, 49.0).round(2),
        "gift": rng.random(rows) < 1 / 3,
        "colour": rng.choice(["red", "blue"], rows),
    })


def watched_shop(home: Path, declared: Path, *, price: float = 20.0) -> int:
    """Declare the toy shop, and put a version on prod that keeps what it learnt from."""
    texts = {"project.yaml": PROJECT, "contract.yaml": CONTRACT}
    own = {name: text.format(project="toy").encode() for name, text in texts.items()}
    write_files(declared / "toy", own)
    learnt = lines(_LINES, 1, price=price).with_columns(sales=pl.col("pieces") * pl.col("price"))
    judged = pl.DataFrame({"order": range(200), "y": [100.0] * 200, "prediction": [100.0] * 200})
    return _registered(home, "toy", replace(answering_bundle(), snapshot=learnt, judged=judged))


def watched_walmart(home: Path, history: pl.DataFrame) -> int:
    """Put a version of ``walmart`` on prod that has learnt from ``history``."""
    shipped = files("foresell") / "projects" / "walmart"
    bundle = replace(
        small_bundle("walmart", kind="panel", weighted=True),
        project_text=(shipped / "project.yaml").read_text("utf-8"),
        contract_text=(shipped / "contract.yaml").read_text("utf-8"),
        history=history,
        judged=pl.DataFrame(),
        published=pl.DataFrame(),
    )
    return _registered(home, "walmart", bundle)


def _registered(home: Path, project: str, bundle: Bundle) -> int:
    """Register a bundle and put it on prod; return its version."""
    folder = home / "handed_in" / project
    write_bundle(bundle, DirectoryStore(folder))
    version = registry.register(project, folder, reason="a test", home=home).version.version
    registry.promote(project, version, to="prod", reason="a test", home=home)
    return version
