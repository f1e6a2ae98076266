"""When a challenger is called better than the served version, and what keeps it from that."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from foresell.bundle.bundle import Bundle
from foresell.govern.registering import register
from foresell.govern.registry import Registry, judged_version, read_state
from foresell.spec.reading import parse_project
from foresell.wiring.challenging import answering, beside
from foresell.wiring.retraining import Served
from tests.small_bundles import small_bundle, stored
from tests.unit.govern.registries import small_registry

CUTOFF = "2026-01-02"


def judged(error: float, weeks: int, shops: int, *, seed: int) -> pl.DataFrame:
    """Return rows of a panel that a model was judged on, off by about ``error``."""
    first = date.fromisoformat(CUTOFF) + timedelta(weeks=1)
    rows = [(shop, first + timedelta(weeks=at)) for at in range(weeks) for shop in range(shops)]
    frame = pl.DataFrame(rows, schema={"shop": pl.Int64, "week": pl.Date}, orient="row")
    noise = np.random.default_rng(seed).normal(0, error, len(rows))
    return frame.with_columns(
        y=pl.lit(100.0),
        prediction=pl.Series(100.0 + noise),
        **{"q0.1": pl.lit(90.0), "q0.9": pl.lit(110.0)},
    )


def panel(
    error: float, *, seed: int, cutoff: str = CUTOFF, weeks: int = 6, shops: int = 8
) -> Bundle:
    return small_bundle(
        kind="panel",
        seed=seed,
        judged=judged(error, weeks, shops, seed=seed),
        metadata={"judged_cutoff": cutoff},
    )


def held(old: Bundle, new: Bundle) -> Mapping[str, Any]:
    registry: Registry = small_registry()
    for one in (old, new):
        register(registry, "toy", stored(one), reason="a run")
    version = read_state(registry, "toy").versions[0]
    before = Served(version=version, alias="prod", bundle=judged_version(registry, version))
    return beside(registry, 2, before, parse_project(new.project_text, "toy"))


def test_half_the_error_in_every_week_and_shop_is_better() -> None:
    found = held(panel(10.0, seed=1), panel(5.0, seed=2))
    assert (found["better"], found["why"], found["n"]) == (True, "", 48)
    assert all(0.95 <= chance <= 1.0 for chance in found["chances"].values())
    assert set(found["chances"]) == {"periods", "series"}
    assert "of draws of periods and" in found["says"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (panel(5.0, seed=1), panel(10.0, seed=2), "its errors there are not smaller"),
        (panel(10.0, seed=1), panel(9.9, seed=1), None),
        (panel(10.0, seed=1, shops=2), panel(5.0, seed=2, shops=2), "fewer than 30 common rows"),
        (panel(10.0, seed=1, weeks=4), panel(5.0, seed=2, weeks=4), "fewer than 5 periods"),
        (panel(10.0, seed=1), panel(5.0, seed=2, cutoff="2026-01-09"), "it knew the data to"),
        (panel(10.0, seed=3), panel(9.7, seed=4), "and 95% is asked"),
    ],
)
def test_what_is_no_proof_is_not_called_better_and_why_is_said(
    old: Bundle, new: Bundle, why: str | None
) -> None:
    found = held(old, new)
    assert found["better"] is (why is None)
    assert (why or "") in found["why"], found["says"]


def test_an_older_cutoff_is_no_head_start() -> None:
    assert held(panel(10.0, seed=1), panel(5.0, seed=2, cutoff="2025-12-26"))["better"]


def test_who_answers_now_is_told_with_the_way_back() -> None:
    assert answering("toy", 3, 2, better=False) == (
        "nothing is on prod, so staging is what answers: version 3 answers from now on, though it "
        "was not called better than 2; to go back: foresell registry rollback toy --alias staging "
        "--reason TEXT"
    )
