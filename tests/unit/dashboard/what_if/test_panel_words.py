"""What is said of a changed plan: a share is of the same periods as what it is a share of."""

from datetime import date

import polars as pl
import pytest

from foresell.dashboard.what_if import panel_words as words
from foresell.serving.served import Served
from tests.what_if_sites import looked_at, shops_bundle

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    found = looked_at(tmp_path_factory.mktemp("shops"), shops_bundle()).slot.current
    assert found is not None
    return found


def plans(planned: float, *changed: float) -> pl.DataFrame:
    """Weeks of which each is planned alike, and the second is planned otherwise."""
    weeks = [date(2026, 2, 6 + 7 * place) for place in range(len(changed))]
    return pl.DataFrame({
        "date": weeks,
        "planned": [planned] * len(changed),
        "changed": list(changed),
        "moved": [place == 1 for place in range(len(changed))],
    })


@pytest.mark.parametrize(
    ("rows", "heading"),
    [
        (plans(100.0, 90, 150, 90), "The change adds 30 USD, +10.0 % in 3 weeks"),
        (plans(100.0, 100, 70, 100), "The change takes 30 USD away, −10.0 % in 3 weeks"),
        (plans(100.0, 110, 100, 120), "The change adds 30 USD, +10.0 % in 3 weeks"),
        (plans(0.0, 0, 30, 0), "The change adds 30 USD"),
        (plans(100.0, 100, 100, 100), "The change makes no difference"),
    ],
)
def test_the_share_of_the_heading_is_of_the_plan_of_all_periods_whose_effect_it_tells(
    rows: pl.DataFrame, heading: str, served: Served
) -> None:
    assert words.heading(rows, served).replace(NBSP, " ") == heading
